import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { loadParser } from '../../test/training/parsers';
import type { Source, SyntaxNode } from './source';
import { nodesIn } from './syntax';

const parsers = {
  python: await loadParser('python'),
  typescript: await loadParser('typescript'),
};
const fixture = (name: string): string =>
  readFileSync(new URL(`../../test/fixtures/training/${name}`, import.meta.url), 'utf8');

const scripts: readonly (readonly [name: string, language: 'python' | 'typescript'])[] = [
  ['torch/layers_lenet.py', 'python'],
  ['torch/loop_trainer.py', 'python'],
  ['keras/sequential.py', 'python'],
  ['flax/mlp_linen.py', 'python'],
  ['tfjs/cnn.ts', 'typescript'],
];

/** A node as one line; its parent by where that stands. */
const line = (node: SyntaxNode): string =>
  [
    ...[node.type, node.field, node.isNamed, node.start, node.end, node.hasError],
    ...[node.parent?.type, node.parent?.start, node.parent?.end],
  ].join(' ');
const linesOf = ({ root }: Source): readonly string[] => nodesIn(root).map(line);

/** Numbers that are the same in every run (Park & Miller, 1988). */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

const snippets = [
  ...['x', ' ', '\n', '    ', '(', ')', '"', '"""', '😀', '#', ':', ',', '\r\n', '\t'],
  ...['def f(x):\n    return x\n', 'nn.Linear(2, 3)', 'else:\n    pass\n', 'const f = (x) => x;\n'],
];

describe.each(scripts)('%s', (name, language) => {
  const parser = parsers[language];
  const original = fixture(name);
  const expected = linesOf(parser.parse(original));

  it.each([1, 2])('gives the tree of a first parse after every change, seed %i', (seed) => {
    const random = randomNumbers(seed);
    const script = parser.open();
    let text = original;
    let lines = expected;
    script.read(text);
    for (let step = 0; step < 30; step++) {
      const start = random(text.length + 1);
      const length = random(3) === 0 ? random(30) : 0;
      const inserted = length > 0 && random(2) === 0 ? '' : snippets[random(snippets.length)]!;
      const changed = text.slice(0, start) + inserted + text.slice(start + length);
      const source = script.read(changed);
      const fresh = parser.parse(changed);
      expect(source.text).toBe(changed);
      expect(source.root.end).toBe(fresh.root.end);
      const found = linesOf(source);
      if (fresh.root.hasError) {
        // Within an error the parser may go on from what it had. Back to a text that is whole.
        expect(linesOf(script.read(text))).toEqual(lines);
      } else {
        lines = linesOf(fresh);
        expect(found).toEqual(lines);
        text = changed;
      }
    }
    script.close();
  });

  it('gives the tree of a first parse while a line is typed', () => {
    const script = parser.open();
    const at = original.indexOf('\n', original.length / 2) + 1;
    const typed = language === 'python' ? 'value = [f(1), "two"]\n' : 'const a = [f(1), "two"];\n';
    for (let length = 0; length <= typed.length; length++) {
      const text = original.slice(0, at) + typed.slice(0, length) + original.slice(at);
      const [source, fresh] = [script.read(text), parser.parse(text)];
      if (!fresh.root.hasError) expect(linesOf(source)).toEqual(linesOf(fresh));
    }
    script.close();
    expect(linesOf(script.read(original))).toEqual(expected);
  });
});
