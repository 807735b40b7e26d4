import { describe, expect, it } from 'vitest';

import { loadPythonParser } from '../../../test/training/parsers';
import { findLayerDefinitions } from '../definitions';

const parser = await loadPythonParser();
const head = 'import keras\nfrom keras import layers\n';

/** `path key shape` of each site; `?` for a size that is not literal. */
function sitesIn(code: string): readonly string[] {
  return findLayerDefinitions(parser.parse(head + code)).flatMap(({ sites }) =>
    sites.map(({ path, shapes, naming }) => {
      const [key = '', shape] = Object.entries(shapes)[0] ?? [];
      const sizes = (shape ?? []).map((size) => size ?? '?').join('x');
      return `${naming === 'attribute' ? '.' : ''}${path} ${key} ${sizes}`;
    }),
  );
}

describe('layers of Keras', () => {
  it.each<[name: string, code: string, sites: readonly string[]]>([
    [
      'automatic names, counted per class',
      'keras.Sequential([layers.Dense(4), layers.Conv2D(8, (3, 5)), layers.Dense(units=5), layers.Dense(6, name="out")])',
      ['dense kernel ?x4', 'conv2d kernel 3x5x?x8', 'dense_1 kernel ?x5', 'out kernel ?x6'],
    ],
    [
      'a function that is called twice, in the order of the calls',
      'def block(x, n):\n    return layers.Dense(n)(x)\ny = layers.Dense(1)(x)\nblock(y, 2)\nblock(y, 3)\n',
      ['dense_1 kernel ?x2', 'dense_2 kernel ?x3', 'dense kernel ?x1'],
    ],
    [
      'a loop over literals, and one over what is not known',
      'for n in [2, 3]:\n    layers.Dense(n)\nfor _ in range(depth):\n    layers.Conv1D(4, 3)\nlayers.Conv1D(5, 3)\n',
      ['dense kernel ?x2', 'dense_1 kernel ?x3', 'conv1d_* kernel 3x?x4', 'conv1d_* kernel 3x?x5'],
    ],
    [
      'names that are put together',
      'for i in range(2):\n    layers.Dense(4, name=f"hidden_{i}")\nlayers.Dense(4, name="a" + "_b")\nlayers.Dense(4, name=f"x_{n}")\n',
      ['hidden_0 kernel ?x4', 'hidden_1 kernel ?x4', 'a_b kernel ?x4', 'x_* kernel ?x4'],
    ],
    [
      'wrappers, and layers with several kernels',
      'layers.Bidirectional(layers.LSTM(3))\nlayers.SpectralNormalization(layers.Dense(2))\nlayers.MultiHeadAttention(2, 4)\nlayers.Embedding(10, 6)\n',
      [
        'bidirectional/forward_lstm kernel ?x12',
        'bidirectional/backward_lstm kernel ?x12',
        'spectral_normalization/dense kernel ?x2',
        'multi_head_attention query/kernel ?x2x4',
        'embedding embeddings 10x6',
      ],
    ],
    [
      'attributes of a class, whose instances have names of their own',
      'class Block(layers.Layer):\n    def __init__(self, n):\n        super().__init__()\n        self.d = layers.Dense(n)\nBlock(3)(x)\nBlock(4)(x)\n',
      [
        'block/dense kernel ?x3',
        '.block/d kernel ?x3',
        'block_1/dense_1 kernel ?x4',
        '.block_1/d kernel ?x4',
      ],
    ],
    ['an alias of the package', 'L = keras.layers\nL.Dense(3)\n', ['dense kernel ?x3']],
    [
      'other libraries, strings, comments',
      'Dense(3)\nnn.Dense(4)\n"layers.Dense(3)"\n# layers.Dense(3)\n',
      [],
    ],
    [
      'a class that makes itself ends',
      'class T(layers.Layer):\n    def __init__(self):\n        self.d = layers.Dense(2)\n        self.t = T()\nT()\n',
      ['t/dense kernel ?x2', '.t/d kernel ?x2'],
    ],
  ])('%s', (_name, code, sites) => {
    expect(sitesIn(code)).toEqual(sites);
  });
});
