import { describe, expect, it } from 'vitest';

import { loadSharingParser } from '../../../test/training/parsers';
import { readJavaScriptModule } from './module';
import { placedLayers } from './graph';

const parser = await loadSharingParser('javascript');
const dense = (units: number): string => `tf.layers.dense({units: ${units}})`;

/** Units of each layer, and of those that may come after it. */
function following(code: string): Readonly<Record<string, readonly number[]>> {
  const text = `import * as tf from '@tensorflow/tfjs';\nfunction build(kind, x) {\n${code}\n}\n`;
  const source = parser.parse(text);
  expect(source.root.hasError).toBe(false);
  const unitsOf = (range: { start: number; end: number }): number =>
    Number(/units: (\d+)/.exec(text.slice(range.start, range.end))?.[1]);
  return Object.fromEntries(
    placedLayers(readJavaScriptModule(source)).map(({ layer, following: next }) => [
      unitsOf(layer.call),
      next().map((one) => unitsOf(one.layer.call)),
    ]),
  );
}
const add = (units: number): string => `model.add(${dense(units)});`;
const model = 'const model = tf.sequential();';

describe('layers that come after another', () => {
  it.each<[name: string, code: string, expected: Readonly<Record<string, readonly number[]>>]>([
    [
      'cases',
      `${model} switch (kind) { case 1: ${add(1)} ${add(2)} break; case 2: { ${add(3)} break; } default: ${add(4)} } ${add(5)}`,
      { 1: [2, 5], 2: [5], 3: [5], 4: [5], 5: [] },
    ],
    [
      'a case that falls through',
      `${model} switch (kind) { case 1: ${add(1)} case 2: ${add(2)} break; case 3: ${add(3)} }`,
      { 1: [2], 2: [], 3: [] },
    ],
    [
      'cases that return',
      `${model} switch (kind) { case 1: ${add(1)} return model; default: ${add(2)} return model; }`,
      { 1: [], 2: [] },
    ],
    [
      'branches',
      `${model} if (kind) { ${add(1)} } else if (x) { ${add(2)} } else { ${add(3)} } ${add(4)}`,
      { 1: [4], 2: [4], 3: [4], 4: [] },
    ],
    [
      'a branch that returns',
      `${model} ${add(1)} if (kind) { ${add(2)} return model; } ${add(3)}`,
      { 1: [2, 3], 2: [], 3: [] },
    ],
    [
      'values of a name',
      `switch (kind) { case 1: x = ${dense(1)}.apply(x); break; case 2: x = ${dense(2)}.apply(x); break; } return ${dense(3)}.apply(x);`,
      { 1: [3], 2: [3], 3: [] },
    ],
    [
      'a loop',
      `${model} for (let i = 0; i < 3; i++) { ${add(1)} if (i) continue; ${add(2)} } ${add(3)}`,
      { 1: [2, 3], 2: [3], 3: [] },
    ],
  ])('%s', (_name, code, expected) => {
    expect(following(code)).toEqual(expected);
  });
});
