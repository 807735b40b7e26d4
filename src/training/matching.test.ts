import { describe, expect, it } from 'vitest';

import { loadPythonParser } from '../../test/training/parsers';
import { matchLayers } from './matching';
import type { CheckpointLayer } from './matching';
import { findLayerDefinitions } from './definitions';

const parser = await loadPythonParser();

const head = 'from torch import nn\n';
const net = `class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3)

class Net(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 16, 3))
        self.blocks = nn.ModuleList([Block(16) for _ in range(2)])
        self.fc = nn.Linear(inputs, 10)
`;

const layer = (tensor: string, ...shape: number[]): CheckpointLayer => ({
  name: tensor.replace(/\.[^.]*$/, ''),
  tensor,
  shape,
  role: 'matrix',
});

/** `tensor ← code: confidence, reason` of every match. */
function matches(code: string, layers: readonly CheckpointLayer[]): readonly string[] {
  const text = head + code;
  return matchLayers(findLayerDefinitions(parser.parse(text)), layers).flatMap((match) =>
    match.layers.map(({ layer: index, confidence, reason }) => {
      const { start, end } = match.definition.range;
      return `${layers[index]!.tensor} ← ${text.slice(start, end)}: ${confidence}, ${reason}`;
    }),
  );
}

describe('matching definitions with layers', () => {
  it.each<[string, string, readonly CheckpointLayer[], readonly string[]]>([
    [
      'names, through wrappers',
      net,
      [
        layer('features.0.weight', 8, 1, 3, 3),
        layer('model.features.2.weight', 16, 8, 3, 3),
        layer('_orig_mod.module.fc.weight', 10, 400),
      ],
      [
        'features.0.weight ← nn.Conv2d(1, 8, 3): 1, name and shape',
        'model.features.2.weight ← nn.Conv2d(8, 16, 3): 1, name and shape',
        '_orig_mod.module.fc.weight ← nn.Linear(inputs, 10): 0.9, name and the sizes that are literal',
      ],
    ],
    [
      'one definition, several layers',
      net,
      [layer('blocks.0.conv.weight', 16, 16, 3, 3), layer('blocks.1.conv.weight', 16, 16, 3, 3)],
      [
        'blocks.0.conv.weight ← nn.Conv2d(width, width, 3): 1, name and shape',
        'blocks.1.conv.weight ← nn.Conv2d(width, width, 3): 1, name and shape',
      ],
    ],
    [
      'a model that is part of another',
      net,
      [layer('student.encoder.features.0.weight', 8, 1, 3, 3)],
      ['student.encoder.features.0.weight ← nn.Conv2d(1, 8, 3): 0.85, end of the name and shape'],
    ],
    [
      'a shape that contradicts',
      net,
      [layer('fc.weight', 12, 400), layer('features.0.weight', 8, 3, 3, 3)],
      [],
    ],
    ['a transposed kernel is no match', net, [layer('fc.weight', 400, 10)], []],
    [
      'another name, one shape',
      'head = nn.Linear(7, 3)\n',
      [layer('classifier.weight', 3, 7), layer('other.weight', 3, 8)],
      ['classifier.weight ← nn.Linear(7, 3): 0.4, shape only, unique'],
    ],
    [
      'another name, two layers of the shape',
      'head = nn.Linear(7, 3)\n',
      [layer('a.weight', 3, 7), layer('b.weight', 3, 7)],
      [],
    ],
    [
      'two definitions for one name',
      'class A(nn.Module):\n  def __init__(self):\n    self.fc = nn.Linear(2, 2)\nclass B(nn.Module):\n  def __init__(self):\n    self.fc = nn.Linear(2, 2)\n',
      [layer('fc.weight', 2, 2)],
      [],
    ],
    [
      'two definitions for one name, told apart by shape',
      'class A(nn.Module):\n  def __init__(self):\n    self.fc = nn.Linear(2, 2)\nclass B(nn.Module):\n  def __init__(self):\n    self.fc = nn.Linear(2, 3)\n',
      [layer('fc.weight', 3, 2)],
      ['fc.weight ← nn.Linear(2, 3): 1, name and shape'],
    ],
    [
      'an index that is not literal',
      'class A(nn.Module):\n  def __init__(self, n):\n    self.fcs = nn.ModuleList([nn.Linear(2, 2) for _ in range(n)])\n',
      [layer('fcs.11.weight', 2, 2), layer('fcs.x.weight', 2, 2)],
      ['fcs.11.weight ← nn.Linear(2, 2): 0.95, name and shape; its index is not literal'],
    ],
    [
      'an index alone says nothing',
      'model = nn.Sequential(nn.Linear(a, b))\n',
      [layer('encoder.0.weight', 4, 5)],
      [],
    ],
    [
      'parts of a layer, and reparametrized weights',
      'class A(nn.Module):\n  def __init__(self):\n    self.att = nn.MultiheadAttention(8, 2)\n    self.fc = nn.utils.weight_norm(nn.Linear(2, 5))\n',
      [
        layer('att.in_proj_weight', 24, 8),
        layer('att.out_proj.weight', 8, 8),
        layer('fc.weight_v', 5, 2),
        layer('fc.scale', 5),
      ],
      [
        'att.in_proj_weight ← nn.MultiheadAttention(8, 2): 1, name and shape',
        'att.out_proj.weight ← nn.MultiheadAttention(8, 2): 1, name and shape',
        'fc.weight_v ← nn.Linear(2, 5): 0.75, name; sizes are not literal',
      ],
    ],
    [
      'names that are special to objects',
      net,
      [layer('fc.__proto__', 10, 4), layer('', 1), layer('...', 1)],
      [],
    ],
  ])('%s', (_name, code, layers, expected) => {
    expect(matches(code, layers)).toEqual(expected);
  });

  it('gives no layer to two definitions', () => {
    const layers = [layer('fc.weight', 10, 400), layer('features.0.weight', 8, 1, 3, 3)];
    const found = matchLayers(findLayerDefinitions(parser.parse(head + net)), layers);
    const indices = found.flatMap((match) => match.layers.map((entry) => entry.layer));
    expect(new Set(indices).size).toBe(indices.length);
  });
});
