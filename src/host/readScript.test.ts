import { readFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { pathOf } from '../../test/training/parsers';
import { createScriptParser, trainingService } from '../training';
import { ReadScript } from './readScript';

const parser = createScriptParser({
  runtime: readFileSync(pathOf('web-tree-sitter/web-tree-sitter.wasm')),
  grammar: (id) => readFile(pathOf(`@vscode/tree-sitter-wasm/wasm/tree-sitter-${id}.wasm`)),
});
const text = 'import torch\n\noptimizer = torch.optim.Adam(model.parameters(), lr=1e-3)\n';
const language = 'python' as const;
const offered = ({ facts }: ReadScript): number =>
  facts.offers.findIndex(({ technique, state }) => technique === 'l2' && state === 'offered');

describe('the edits of a script', () => {
  it('come although the thread has read many others since', async () => {
    const thread = { api: trainingService(parser) };
    const script = await ReadScript.of({ key: 'a', language, text }, thread);
    const change = { kind: 'edits', index: offered(script) } as const;
    const edits = await script.edits(change, () => true);
    expect(edits.length).toBeGreaterThan(0);
    for (let i = 0; i < 100; i++) await thread.api.facts(`other ${i}`, language, text);
    const { revision } = script.facts;
    expect(await thread.api.edits('a', revision, change.index)).toBeUndefined();
    expect(await script.edits(change, () => true)).toEqual(edits);
  });

  it('come although the thread has died', async () => {
    const thread = { api: trainingService(parser) };
    const script = await ReadScript.of({ key: 'a', language, text }, thread);
    const change = { kind: 'edits', index: offered(script) } as const;
    const edits = await script.edits(change, () => true);
    thread.api = trainingService(parser);
    expect(await script.edits(change, () => true)).toEqual(edits);
  });

  it('do not come of a text that another one has replaced', async () => {
    const thread = { api: trainingService(parser) };
    const script = await ReadScript.of({ key: 'a', language, text }, thread);
    const change = { kind: 'edits', index: offered(script) } as const;
    await ReadScript.of({ key: 'a', language, text: `# Changed.\n${text}` }, thread);
    expect(await script.edits(change, () => false)).toEqual([]);
  });
});
