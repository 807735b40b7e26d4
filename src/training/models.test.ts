import { describe, expect, it } from 'vitest';

import { loadPythonParser } from '../../test/training/parsers';
import { findLayerDefinitions } from './definitions';

const parser = await loadPythonParser();

/** `path Class weight-shape` of each layer; `?` for a size that is not literal. */
function layersOf(code: string): readonly string[] {
  return findLayerDefinitions(parser.parse(code)).flatMap(({ callee, sites }) =>
    sites.map(({ path, shapes }) => {
      const [name, shape] = Object.entries(shapes)[0] ?? ['', []];
      const sizes = (shape ?? []).map((size) => size ?? '?').join('x');
      return `${path}:${callee.replace('torch.nn.', '')}${name === 'weight' ? '' : `.${name}`} ${sizes}`;
    }),
  );
}

const head = 'import torch\nfrom torch import nn\nfrom collections import OrderedDict\n';

const cases: readonly (readonly [name: string, code: string, layers: readonly string[]])[] = [
  [
    'attributes of a module',
    `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 3, padding=1)
        self.wide = nn.Conv2d(16, 32, kernel_size=(3, 5), groups=4)
        self.up = nn.ConvTranspose2d(32, 8, 2, stride=2)
        self.fc: nn.Module = nn.Linear(in_features=128, out_features=10)
        self.emb = nn.Embedding(1000, 64)
        self.act = nn.ReLU()`,
    [
      'conv:Conv2d 16x3x3x3',
      'wide:Conv2d 32x4x3x5',
      'up:ConvTranspose2d 32x8x2x2',
      'fc:Linear 10x128',
      'emb:Embedding 1000x64',
    ],
  ],
  [
    'positions in a Sequential, also nested and named',
    `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 8, 3), nn.ReLU(),
            nn.Sequential(nn.BatchNorm2d(8), nn.Conv2d(8, 8, 1)),
        )
        self.head = nn.Sequential(OrderedDict([("drop", nn.Dropout()), ("fc", nn.Linear(8, 2))]))
        self.branches = nn.ModuleDict({"a": nn.Linear(8, 3), "b": nn.Linear(8, 4)})
        self.add_module("extra", nn.Linear(2, 2))`,
    [
      'features.0:Conv2d 8x1x3x3',
      'features.2.0:BatchNorm2d 8',
      'features.2.1:Conv2d 8x8x1x1',
      'head.fc:Linear 2x8',
      'branches.a:Linear 3x8',
      'branches.b:Linear 4x8',
      'extra:Linear 2x2',
    ],
  ],
  [
    'modules inside modules, with their arguments',
    `class Block(nn.Module):
    def __init__(self, cin, cout=16):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, 3)
        self.norm = nn.GroupNorm(4, cout)

class Net(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.block1 = Block(3)
        self.block2 = Block(16, cout=width)

model = Net(64)`,
    [
      'block1.conv:Conv2d 16x3x3x3',
      'block2.conv:Conv2d 64x16x3x3',
      'block1.norm:GroupNorm 16',
      'block2.norm:GroupNorm 64',
    ],
  ],
  [
    'defaults of a class that is not built in the file stay unknown',
    `HIDDEN = 128
class Net(nn.Module):
    def __init__(self, inputs=784):
        super().__init__()
        self.fc = nn.Linear(inputs, HIDDEN * 2)`,
    ['fc:Linear 256x?'],
  ],
  [
    'a model at module level',
    `model = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10)).to("cpu")`,
    ['1:Linear 64x784', '3:Linear 10x64'],
  ],
  [
    'functions that build parts, before and after their callers',
    `def conv(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, bias=False), nn.BatchNorm2d(o))

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = conv(3, 8)
        self.b = self._layer(8, 2)

    def _layer(self, width, count):
        layers = [nn.Linear(width, width)]
        for _ in range(count):
            layers.append(nn.Linear(width, width * 2))
        return nn.Sequential(*layers)`,
    ['a.0:Conv2d 8x3x3x3', 'a.1:BatchNorm2d 8', 'b.0:Linear 8x8', 'b.*:Linear 16x8'],
  ],
  [
    'lists over literal ranges and lists',
    `class Net(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.blocks = nn.ModuleList([nn.Linear(8, 8) for _ in range(2)])
        self.sizes = nn.ModuleList(nn.Linear(n, m) for n, m in [(1, 2), (3, 4)])
        self.more = nn.ModuleList([nn.Linear(4, 4) for _ in range(depth)])
        self.seq = nn.Sequential(*[nn.Linear(5, 5 + i) for i in range(1, 3)], nn.Linear(9, 9))
        for i in range(depth):
            setattr(self, f"conv{i}", nn.Conv1d(2, 2, 3))`,
    [
      'blocks.0:Linear 8x8',
      'blocks.1:Linear 8x8',
      'sizes.0:Linear 2x1',
      'sizes.1:Linear 4x3',
      'more.*:Linear 4x4',
      'seq.0:Linear 6x5',
      'seq.1:Linear 7x5',
      'seq.2:Linear 9x9',
      'conv*:Conv1d 2x2x3',
    ],
  ],
  [
    'residual networks with a block class as an argument',
    `class Basic(nn.Module):
    def __init__(self, inplanes, planes, downsample=None, norm_layer=None):
        super().__init__()
        if norm_layer is None:
            norm_layer = nn.BatchNorm2d
        self.conv1 = nn.Conv2d(inplanes, planes, 3)
        self.bn1 = norm_layer(planes)
        self.downsample = downsample

class ResNet(nn.Module):
    def __init__(self, block):
        super().__init__()
        self.layer1 = self._make_layer(block, 64)
        self.layer2 = self._make_layer(block, 128)

    def _make_layer(self, block, planes):
        downsample = None
        if planes > 64:
            downsample = nn.Sequential(nn.Conv2d(64, planes, 1))
        return nn.Sequential(block(64, planes, downsample), block(planes, planes))

def resnet():
    return ResNet(Basic)`,
    [
      'layer1.0.conv1:Conv2d 64x64x3x3',
      'layer1.1.conv1:Conv2d 64x64x3x3',
      'layer2.0.conv1:Conv2d 128x64x3x3',
      'layer2.1.conv1:Conv2d 128x128x3x3',
      'layer1.0.bn1:BatchNorm2d 64',
      'layer1.1.bn1:BatchNorm2d 64',
      'layer2.0.bn1:BatchNorm2d 128',
      'layer2.1.bn1:BatchNorm2d 128',
      'layer1.0.downsample.0:Conv2d 64x64x1x1',
      'layer2.0.downsample.0:Conv2d 128x64x1x1',
    ],
  ],
  [
    'classes that extend Sequential or a layer',
    `class ConvNorm(nn.Sequential):
    def __init__(self, i, o):
        super().__init__(nn.Conv2d(i, o, 3), nn.BatchNorm2d(o))

class Masked(nn.Linear):
    def __init__(self, i, o):
        super().__init__(i, o)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = ConvNorm(3, 8)
        self.fc = Masked(8, 2)`,
    ['stem.0:Conv2d 8x3x3x3', 'stem.1:BatchNorm2d 8', 'fc:Linear 2x8'],
  ],
  [
    'a new head on a model from elsewhere',
    `model.fc = nn.Linear(512, 10)\nmodel.classifier[6] = nn.Linear(4096, 10)\nmodel.heads["out"] = nn.Linear(1, 2)`,
    ['fc:Linear 10x512', 'classifier.6:Linear 10x4096', 'heads.out:Linear 2x1'],
  ],
  [
    'recurrent and attention layers',
    `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(10, 20, num_layers=2, bidirectional=True)
        self.attention = nn.MultiheadAttention(32, 4)
        self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 2), 3)`,
    [
      'rnn:LSTM.weight_ih_l0 80x10',
      'attention:MultiheadAttention.in_proj_weight 96x32',
      'encoder.layers.*:TransformerEncoderLayer.self_attn.in_proj_weight 48x16',
    ],
  ],
  [
    'attributes that hold sizes',
    `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = 32
        self.fc = nn.Linear(self.hidden, self.hidden // 2)`,
    ['fc:Linear 16x32'],
  ],
  [
    "names that are the file's own",
    `class Linear(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.inner = nn.Conv1d(n, n, 1)
x = Linear(3)
def f(nn):
    return nn.Linear(1, 2)`,
    ['inner:Conv1d 3x3x1'],
  ],
  ['strings and comments', `"""\nmodel = nn.Linear(1, 2)\n"""\n# nn.Linear(1, 2)`, []],
  [
    'a class that holds itself',
    `class Tree(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.fc = nn.Linear(2, 2)
        self.left = Tree(depth - 1)
        self.right = Tree(depth - 1)`,
    [],
  ],
];

describe('layer definitions', () => {
  it.each(cases.slice(0, -1))('%s', (_name, code, layers) => {
    expect([...layersOf(head + code)].sort()).toEqual([...layers].sort());
  });

  it('a class that holds itself ends', () => {
    const [, code] = cases.at(-1)!;
    const definitions = findLayerDefinitions(parser.parse(head + code));
    expect(definitions).toHaveLength(1);
    expect(definitions[0]!.sites.length).toBeLessThanOrEqual(10_000);
  });
});
