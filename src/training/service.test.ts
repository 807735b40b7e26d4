import { readFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { pathOf } from '../../test/training/parsers';
import { createScriptParser } from './parser';
import { trainingService } from './service';
import type { ScriptFacts } from './service';
import { applyEdits } from './textEdit';

const parser = createScriptParser({
  runtime: readFileSync(pathOf('web-tree-sitter/web-tree-sitter.wasm')),
  grammar: (id) => readFile(pathOf(`@vscode/tree-sitter-wasm/wasm/tree-sitter-${id}.wasm`)),
});
const fixture = (name: string): string =>
  readFileSync(new URL(`../../test/fixtures/training/${name}`, import.meta.url), 'utf8');
const script = fixture('torch/loop_mlp.py');
const without = (facts: ScriptFacts) => ({ ...facts, revision: 0 });
const read = (text: string) => trainingService(parser).facts('fresh', 'python', text);

describe('the service', () => {
  it('finds the same in a text that was typed as in one that was opened', async () => {
    const service = trainingService(parser);
    const typed = '\nextra = nn.Linear(3, 4)\ntorch.save(extra, "extra.pt")\n';
    const at = script.indexOf('\n', script.indexOf('class ')) - 20;
    const place = script.lastIndexOf('\n', at);
    for (const length of [0, 1, 7, 24, 25, typed.length]) {
      const text = script.slice(0, place) + typed.slice(0, length) + script.slice(place);
      const facts = await service.facts('a', 'python', text);
      if (/\)\n?$/.test(typed.slice(0, length))) {
        expect(without(facts)).toEqual(without(await read(text)));
      }
    }
    expect(without(await service.facts('a', 'python', script))).toEqual(
      without(await read(script)),
    );
  });

  it('finds the same in TypeScript', async () => {
    const service = trainingService(parser);
    const text = fixture('tfjs/cnn.ts');
    const typed = '// A comment before everything else.\n';
    for (let length = 0; length <= typed.length; length += 6) {
      await service.facts('a', 'typescript', typed.slice(0, length) + text);
    }
    const facts = await service.facts('a', 'typescript', typed + text);
    const fresh = await trainingService(parser).facts('b', 'typescript', typed + text);
    expect(without(facts)).toEqual(without(fresh));
    expect(facts.offers.length).toBeGreaterThan(5);
  });

  it('keeps what it found while the text stays, and gives edits of that state alone', async () => {
    const service = trainingService(parser);
    const first = await service.facts('a', 'python', script);
    expect(await service.facts('a', 'python', script)).toBe(first);
    const index = first.offers.findIndex(({ state }) => state === 'offered');
    const edits = (await service.edits('a', first.revision, index)) ?? [];
    const edited = applyEdits(script, edits);
    expect(edited).not.toBe(script);
    const second = await service.facts('a', 'python', edited);
    expect(await service.edits('a', first.revision, index)).toBeUndefined();
    const { technique, variant } = first.offers[index]!;
    const there = second.offers.findIndex(
      (offer) =>
        offer.technique === technique && offer.variant === variant && offer.state === 'present',
    );
    const removal = (await service.removal('a', second.revision, there)) ?? [];
    expect(applyEdits(edited, removal)).toBe(script);
    await service.forget('a');
    expect(await service.removal('a', second.revision, there)).toBeUndefined();
  });

  it('reads texts of one script that come at once, in another language, and more than it keeps', async () => {
    const service = trainingService(parser);
    const [a, b] = await Promise.all([
      service.facts('a', 'python', script),
      service.facts('a', 'python', `${script}\n`),
    ]);
    expect(without(b).offers).toEqual(without(a).offers);
    expect((await service.facts('a', 'typescript', 'const x = 1;')).offers).toEqual([]);
    for (let i = 0; i < 30; i++) await service.facts(`other ${i}`, 'python', 'import torch\n');
    expect(without(await service.facts('a', 'python', script))).toEqual(without(a));
  });
});
