import { describe, expect, it } from 'vitest';

import { loadPythonParser } from '../../../../test/training/parsers';
import { readModule } from '../../module';
import { applyEdits } from '../../textEdit';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { augmentation } from './augmentation';
import { batchNorm } from './batchNorm';
import { cutout } from './cutout';
import { cutoutBatch } from './cutoutBatch';
import { dropConnect } from './dropConnect';
import { dropout } from './dropout';
import { fractionalPooling } from './fractionalPooling';
import { recurrentDropout } from './recurrentDropout';
import { spectralNorm } from './spectralNorm';
import { stochasticDepth } from './stochasticDepth';

const parser = await loadPythonParser();

const recipes: readonly PythonRecipe[] = [
  dropout,
  recurrentDropout,
  batchNorm,
  dropConnect,
  spectralNorm,
  fractionalPooling,
  stochasticDepth,
  augmentation,
  cutout,
  cutoutBatch,
];

const offersIn = (text: string): readonly RecipeOffer[] => {
  const module = readModule(parser.parse(text));
  return recipes.flatMap((recipe) => recipe.find(module));
};

const offered = (text: string, variant?: string): readonly RecipeOffer[] =>
  offersIn(text).filter(
    (offer) => offer.state === 'offered' && (variant === undefined || offer.variant === variant),
  );

const apply = (text: string, variant: string, index = 0): string => {
  const offer = offered(text, variant)[index];
  if (!offer) throw new Error(`${variant} is not offered`);
  return applyEdits(text, offer.edits());
};

const mlp = `import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import optim


class Net(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.fc1 = nn.Linear(64, hidden)  # first layer
        self.fc2 = nn.Linear(hidden, hidden)
        self.fc3 = nn.Linear(hidden, 10)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


model = Net()
`;

const cnn = `import torch
from torch import nn

net = nn.Sequential(
    nn.Unflatten(1, (1, 8, 8)),
    nn.Conv2d(1, 16, kernel_size=(3, 3), padding=1),  # (N, 16, 8, 8)
    nn.ReLU(inplace=True),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(16 * 4 * 4, 64),
    nn.ReLU(),
    nn.Linear(64, 10)
)
`;

const oneLine = `from torch import nn
net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 10))
`;

/** A convolutional net with everything in nested calls, type hints and a decorator. */
const nested = `import torch
import torch.nn as nn
import torch.nn.functional as F


class LeNet(nn.Module):
    def __init__(self) -> None:
        super(LeNet, self).__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(
            6,
            16,
            5,
        )
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 10)

    @torch.no_grad()
    def sizes(self):
        return {f"{k}": (n := v.numel()) for k, v in self.state_dict().items()}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), (2, 2))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.view(-1, 16 * 5 * 5)
        return self.fc2(F.relu(self.fc1(x)))
`;

const residual = `import torch
import torch.nn as nn
import torch.nn.functional as F


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc1 = nn.Linear(width, width)
        self.fc2 = nn.Linear(width, width)

    def forward(self, x):
        out = F.relu(self.fc1(x))
        out = self.fc2(out)
        return F.relu(x + out)


class ResMLP(nn.Module):
    def __init__(self, width=64, depth=6):
        super().__init__()
        self.blocks = nn.ModuleList([Block(width) for _ in range(depth)])
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return self.head(x)
`;

const resnet = `import torch
from torch import nn
import torchvision


class BasicBlock(nn.Module):
    def __init__(
        self,
        planes: int,
        downsample=None,
    ):
        super().__init__()
        self.conv1 = nn.Conv2d(planes, planes, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample

    def forward(self, x):
        identity = x
        out = self.bn1(self.conv1(x))
        if self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        return self.relu(out)


net = nn.Sequential(
    BasicBlock(16),
    BasicBlock(16),
    BasicBlock(16),
)
`;

const shared = `import torch
from torchvision import datasets, transforms


def main():
    transform=transforms.Compose([
        transforms.ToTensor(),
        transforms.Normalize((0.1307,), (0.3081,))
        ])
    dataset1 = datasets.MNIST('../data', train=True, download=True,
                       transform=transform)
    dataset2 = datasets.MNIST('../data', train=False,
                       transform=transform)
`;

const cifar = `from torchvision import datasets
import torchvision.transforms as T

train = datasets.CIFAR10("data", train=True, transform=T.Compose([
    # images
    T.ToTensor(),
    T.Normalize((0.5,), (0.5,)),  # to [-1, 1]
]))
test = datasets.CIFAR10("data", train=False, transform=T.Compose([T.ToTensor(), T.Normalize((0.5,), (0.5,))]))
`;

const batches = `import torch
from torch import nn

net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.Flatten(), nn.Linear(8, 10))
opt = torch.optim.SGD(net.parameters(), lr=0.1)
for epoch in range(3):
    for i, (data, target) in enumerate(loader):
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(data), target)  # data term
        loss.backward()
        opt.step()
`;

const recurrent = `import torch.nn as nn
rnn = nn.LSTM(
    input_size=10,
    hidden_size=20,
    num_layers=2,  # stacked
)
`;

const scripts = { mlp, cnn, oneLine, nested, residual, resnet, shared, cifar, batches, recurrent };

const shapes: Readonly<Record<string, (text: string) => string>> = {
  plain: (text) => text,
  crlf: (text) => text.replaceAll('\n', '\r\n'),
  tabs: (text) => text.replace(/^(?: {4})+/gm, (spaces) => '\t'.repeat(spaces.length / 4)),
  'two spaces': (text) => text.replace(/^(?: {4})+/gm, (spaces) => spaces.slice(spaces.length / 2)),
  'another name for nn': (text) =>
    text
      .replace(/import torch\.nn as nn|from torch import nn/g, 'import torch.nn as tnn')
      .replace(/\bnn\.(?=[A-Z])/g, 'tnn.'),
  'long names': (text) =>
    text
      .replace(/import torch\.nn as nn|from torch import nn/g, 'import torch')
      .replace(/\bnn\.(?=[A-Z])/g, 'torch.nn.'),
  'no break at the end': (text) => text.trimEnd(),
  'in a function': (text) =>
    `import torch\n\n\nasync def build(kind):\n    match kind:\n        case 1:\n${text
      .trimEnd()
      .split('\n')
      .map((line) => (line === '' ? '' : `            ${line}`))
      .join('\n')}\n`,
};

const isPresent = ({ state }: RecipeOffer): boolean => state === 'present';

/** Taking out what was added gives the text from before, byte for byte. */
function expectReversible(text: string, edited: string, present: RecipeOffer | undefined): void {
  const removal = present?.removal?.();
  expect(removal, edited).toBeDefined();
  const back = applyEdits(edited, removal ?? []);
  expect(back, edited).toBe(text);
}

describe('every offer, in every shape', () => {
  const cases = Object.entries(scripts).flatMap(([name, script]) =>
    Object.entries(shapes).map(([shape, change]) => [name, shape, change(script)] as const),
  );

  it.each(cases)('%s, %s', (_name, _shape, text) => {
    expect(parser.parse(text).root.hasError).toBe(false);
    const all = offersIn(text);
    const offers = all.filter(({ state }) => state === 'offered');
    const presentBefore = all.filter(isPresent);
    expect(offers.length).toBeGreaterThan(0);
    for (const offer of offers) {
      const edited = applyEdits(text, offer.edits());
      expect(edited).not.toBe(text);
      expect(parser.parse(edited).root.hasError, edited).toBe(false);
      if (!text.includes('\r')) expect(edited).not.toContain('\r');
      else expect(edited.replaceAll('\r\n', '')).not.toContain('\n');
      // The same place is done: one offer less of its kind, and one place more where it is present.
      const ofVariant = ({ variant }: RecipeOffer): boolean => variant === offer.variant;
      const before = offers.filter(ofVariant).length;
      const after = offered(edited, offer.variant).length;
      expect(after, `${offer.variant}\n${edited}`).toBeLessThan(before);
      const present = offersIn(edited).filter(isPresent);
      const ofTechnique = ({ technique }: RecipeOffer): boolean => technique === offer.technique;
      const known = presentBefore.filter(ofTechnique).length;
      expect(present.filter(ofTechnique), `${offer.variant}\n${edited}`).toHaveLength(known + 1);
      if (known === 0) expectReversible(text, edited, present.find(ofTechnique));
      expect(offer.edits().flatMap(({ stops }) => stops ?? []).length).toBeGreaterThanOrEqual(
        offer.technique === 'batch-norm' || offer.technique === 'spectral-norm' ? 0 : 1,
      );
    }
  });

  it.each(Object.entries(scripts))('%s: half-typed code', (_name, text) => {
    for (let length = 0; length < text.length; length += 23) {
      const source = parser.parse(text.slice(0, length));
      for (const offer of recipes.flatMap((recipe) => recipe.find(readModule(source)))) {
        if (offer.state !== 'offered' || source.root.hasError) continue;
        const edited = applyEdits(source.text, offer.edits());
        expect(parser.parse(edited).root.hasError, edited).toBe(false);
      }
    }
  });
});

/** The lines that an edit adds, and those that it takes away. */
function difference(before: string, after: string): string {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const minus = old.filter((line) => !now.includes(line)).map((line) => `- ${line.trim()}`);
  const plus = now.filter((line) => !old.includes(line)).map((line) => `+ ${line.trim()}`);
  return [...minus, ...plus].join('\n');
}

describe('what the edits write', () => {
  it.each<[variant: string, text: string, index: number, expected: string]>([
    [
      'torch.dropout.attribute',
      mlp,
      0,
      '+ self.dropout = nn.Dropout(p=0.5)\n+ x = self.dropout(x)',
    ],
    ['torch.dropout.functional', mlp, 1, '+ x = F.dropout(x, p=0.5, training=self.training)'],
    ['torch.dropout.element', cnn, 0, '+ nn.Dropout2d(p=0.1),'],
    ['torch.dropout.element', cnn, 1, '+ nn.Dropout(p=0.5),'],
    [
      'torch.dropout.attribute',
      nested,
      2,
      '- return self.fc2(F.relu(self.fc1(x)))\n+ self.dropout = nn.Dropout(p=0.5)\n+ return self.fc2(self.dropout(F.relu(self.fc1(x))))',
    ],
    ['torch.dropout.recurrent', recurrent, 0, '+ dropout=0.2,'],
    [
      'torch.batch-norm.element',
      cnn,
      0,
      '- nn.Conv2d(1, 16, kernel_size=(3, 3), padding=1),  # (N, 16, 8, 8)\n+ nn.Conv2d(1, 16, kernel_size=(3, 3), padding=1, bias=False),  # (N, 16, 8, 8)\n+ nn.BatchNorm2d(16),',
    ],
    [
      'torch.batch-norm.attribute',
      mlp,
      0,
      '- self.fc1 = nn.Linear(64, hidden)  # first layer\n- x = F.relu(self.fc1(x))\n+ self.fc1 = nn.Linear(64, hidden, bias=False)  # first layer\n+ self.bn1 = nn.BatchNorm1d(hidden)\n+ x = F.relu(self.bn1(self.fc1(x)))',
    ],
    [
      'torch.spectral-norm.wrap',
      mlp,
      1,
      '- self.fc2 = nn.Linear(hidden, hidden)\n+ from torch.nn.utils.parametrizations import spectral_norm\n+ self.fc2 = spectral_norm(nn.Linear(hidden, hidden))',
    ],
    [
      'torch.augmentation.compose',
      cifar,
      0,
      '+ T.RandomCrop(32, padding=4),\n+ T.RandomHorizontalFlip(p=0.5),',
    ],
    [
      'torch.cutout.compose',
      cifar,
      0,
      '+ T.RandomErasing(p=0.5, scale=(0.02, 0.2), ratio=(1.0, 1.0)),',
    ],
    [
      'torch.augmentation.split',
      shared,
      0,
      '+ train_transform = transforms.Compose([\n+ transforms.RandomAffine(degrees=10, translate=(0.1, 0.1)),\n+ *transform.transforms,\n+ ])\n+ transform=train_transform)',
    ],
  ])('%s', (variant, text, index, expected) => {
    expect(difference(text, apply(text, variant, index))).toBe(expected);
  });

  it('cutout of batches: before the model, only in training, only for images', () => {
    const edited = apply(batches, 'torch.cutout.batch');
    expect(edited).toContain(
      'data = cutout(data, size=data.size(-1) // 2)\n        loss = nn.functional.cross_entropy(net(data), target)  # data term',
    );
    expect(
      offered(batches.replace('loss.backward()', 'print(loss)'), 'torch.cutout.batch'),
    ).toEqual([]);
    expect(
      offered(batches.replace('nn.Conv2d(1, 8, 3)', 'nn.Linear(9, 8)'), 'torch.cutout.batch'),
    ).toEqual([]);
  });

  it('DropConnect: the helper stands behind the imports, the output layer stays', () => {
    const edited = apply(mlp, 'torch.dropconnect.linear', 1);
    expect(edited).toContain('self.fc2 = DropConnectLinear(hidden, hidden, p=0.5)');
    expect(edited.indexOf('class DropConnectLinear(nn.Linear)')).toBeGreaterThan(
      edited.indexOf('from torch import optim'),
    );
    expect(offered(mlp, 'torch.dropconnect.linear')).toHaveLength(2);
  });

  it.each([
    ['nn.Linear(8, 8)', 'nn.Linear(8, 8)'],
    ['nn.Linear(8, bias=False, out_features=8)', 'nn.Linear(8, bias=False, out_features=8)'],
    ['nn.Linear(8, 8, use_bias)', undefined],
    // Whether this was there before cannot be told: it goes.
    ['nn.Linear(8, 8, bias=False)', 'nn.Linear(8, 8)'],
  ])('batch norm gives %s back', (layer, back) => {
    const text = `from torch import nn\nnet = nn.Sequential(${layer}, nn.ReLU(), nn.Linear(8, 2))\n`;
    const [offer] = offered(text, 'torch.batch-norm.element');
    const edited = applyEdits(text, offer?.edits() ?? []);
    const there = offersIn(edited).find(({ state }) => state === 'present');
    const result = there && applyEdits(edited, there.removal?.() ?? []);
    expect(result).toBe(back && text.replace(layer, back));
  });

  it('fractional pooling: the next layer gets its inputs', () => {
    const edited = apply(cnn, 'torch.fractional-pooling.layer');
    expect(edited).toContain('FractionalPool2d(2, output_ratio=0.7),');
    expect(edited).toContain('nn.Linear(16 * 5 * 5, 64),');
  });

  it('stochastic depth: grows linearly over a comprehension or a list', () => {
    const stack = apply(residual, 'torch.stochastic-depth.helper');
    expect(stack).toContain(
      'Block(width, drop_path=0.2 * block_index / max(depth - 1, 1)) for block_index in range(depth)',
    );
    expect(stack).toContain('return F.relu(x + self.drop_path(out))');
    const list = apply(resnet, 'torch.stochastic-depth.torchvision');
    expect(list.match(/BasicBlock\(16, drop_path=([\d.]+)\)/g)).toEqual([
      'BasicBlock(16, drop_path=0.0)',
      'BasicBlock(16, drop_path=0.1)',
      'BasicBlock(16, drop_path=0.2)',
    ]);
    expect(list).toContain('out = self.drop_path(out)\n        out += identity');
  });
});
