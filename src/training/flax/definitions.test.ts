import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { loadPythonParser } from '../../../test/training/parsers';
import { openCheckpoint } from '../../formats';
import { openLocalFiles } from '../../io/checkpointFiles';
import { findLayerDefinitions } from '../definitions';
import { matchLayers } from '../matching';

const parser = await loadPythonParser();
const folder = fileURLToPath(
  new URL('../../../test/fixtures/training/flax_layers/', import.meta.url),
);

/** `path Class sizes` of the first tensor of each layer; `?` for a size that is not literal. */
function layersOf(code: string): readonly string[] {
  return findLayerDefinitions(parser.parse(code)).flatMap(({ callee, sites }) =>
    sites.map(({ path, shapes }) => {
      const [shape] = Object.values(shapes);
      const sizes = (shape ?? []).map((size) => size ?? '?').join('x');
      return `${path} ${callee.replace(/^flax\.\w+\./, '')} ${sizes}`.trim();
    }),
  );
}

describe.each(['linen_cnn', 'nnx_net'])('%s, as flax wrote it', (name) => {
  it('finds the code of every layer', async () => {
    const text = readFileSync(`${folder}${name}.py`, 'utf8');
    const { tensors } = await openCheckpoint(await openLocalFiles(`${folder}${name}.msgpack`));
    const layers = tensors
      .filter((tensor) => !tensor.name.endsWith('/bias'))
      .map(({ name: tensor, shape }) => ({
        name: tensor.replace(/\/\w+$/, ''),
        tensor,
        shape,
        role: 'matrix' as const,
      }));
    const matches = matchLayers(findLayerDefinitions(parser.parse(text)), layers);
    const found = matches.flatMap((match) =>
      match.layers.map(({ layer, reason }) => {
        const { start, end } = match.definition.range;
        expect(reason).toMatch(/^(?:name|end of the name)/);
        return [layers[layer]?.tensor ?? '', text.slice(start, end)] as const;
      }),
    );
    expect(found.map(([tensor]) => tensor).sort()).toEqual(
      layers.map(({ tensor }) => tensor).sort(),
    );
    expect(Object.fromEntries(found)).toMatchObject(expected[name] ?? {});
  });
});

/** The code of some layers, read by eye. */
const expected: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  linen_cnn: {
    'params/Conv_0/kernel': 'nn.Conv(features=self.width, kernel_size=(5, 5))',
    'params/Block_1/project/kernel': 'nn.Conv(self.features, (1, 1), name="project")',
    'params/Dense_0/kernel': 'nn.Dense(10)',
    'params/Dense_1/kernel': 'nn.Dense(20)',
    'params/Dense_3/kernel': 'nn.Dense(5)',
    'params/Dense_5/kernel': 'nn.Dense(features)',
    'params/Head_0/outs_1/kernel': 'nn.Dense(4)',
    'params/Noisy_0/kernel': 'Noisy(11)',
  },
  nnx_net: {
    'blocks/1/down/kernel': 'nnx.Linear(in_features=hidden, out_features=width, rngs=rngs)',
    'head/layers/2/kernel': 'nnx.Linear(5, 4, rngs=rngs)',
    'embed/embedding': 'nnx.Embed(num_embeddings=40, features=width, rngs=rngs)',
  },
};

const linen = 'import flax.linen as nn\nfrom flax import nnx\n';
const compact = (body: string): string =>
  `${linen}class Net(nn.Module):\n    width: int = 4\n    @nn.compact\n    def __call__(self, x, flag, sizes):\n${body
    .split('\n')
    .map((line) => `        ${line}`)
    .join('\n')}\n`;

describe('names of layers', () => {
  it.each<[what: string, code: string, layers: readonly string[]]>([
    [
      'of a loop of unknown length stay open, and so do those behind it',
      compact(
        'x = nn.Dense(3)(x)\nfor size in sizes:\n    x = nn.Dense(size)(x)\nreturn nn.Dense(2)(x)',
      ),
      ['Dense_0 Dense ?x3', 'Dense_* Dense ?x?', 'Dense_* Dense ?x2'],
    ],
    [
      'of two branches with as many layers go on behind them',
      compact(
        'if flag:\n    x = nn.Dense(3)(x)\nelse:\n    x = nn.Dense(5)(x)\nreturn nn.Dense(2)(x)',
      ),
      ['Dense_0 Dense ?x3', 'Dense_0 Dense ?x5', 'Dense_1 Dense ?x2'],
    ],
    [
      'of a branch that may be skipped leave the number behind it open',
      compact('if flag:\n    x = nn.Dense(3)(x)\nreturn nn.Dense(2)(nn.Conv(4, (3,))(x))'),
      ['Dense_0 Dense ?x3', 'Dense_* Dense ?x2', 'Conv_0 Conv 3x?x4'],
    ],
    [
      'that are given, also with a number, do not count',
      compact(
        'x = nn.Dense(3, name="a")(x)\nfor i in range(2):\n    x = nn.Dense(3, name=f"b{i}")(x)\nreturn nn.Dense(self.width * 2)(x)',
      ),
      ['a Dense ?x3', 'b* Dense ?x3', 'Dense_0 Dense ?x8'],
    ],
    [
      'of an nnx class that holds itself end where they start',
      `${linen}class A(nnx.Module):\n    def __init__(self, rngs):\n        self.a = A(rngs)\n        self.b = nnx.Linear(2, 3, rngs=rngs)\n`,
      ['b Linear 2x3'],
    ],
    [
      'need an import of flax',
      'class A(nn.Module):\n    def f(self):\n        self.b = nnx.Linear(2, 3)\n',
      [],
    ],
  ])('%s', (_, code, layers) => {
    expect(layersOf(code)).toEqual(layers);
  });

  it('end with hostile nesting', () => {
    const loops = Array.from({ length: 8 }, (_, i) => `${' '.repeat(i)}for i${i} in range(200):`);
    const code = compact([...loops, `${' '.repeat(8)}x = nn.Dense(1)(x)`].join('\n'));
    const started = performance.now();
    expect(layersOf(code).length).toBeLessThan(3000);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
