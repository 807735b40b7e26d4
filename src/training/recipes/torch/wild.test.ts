import { describe, expect, it } from 'vitest';

import { loadPythonParser } from '../../../../test/training/parsers';
import { torchHazards } from '../../hazards/torch';
import { readModule } from '../../module';
import { applyEdits } from '../../textEdit';
import { torchRecipes } from '.';

const parser = await loadPythonParser();
const ours =
  /\.(?:dropout|batch-norm|dropconnect|fractional-pooling|stochastic-depth|augmentation|cutout)\./;

/** What is found, without spectral normalization, which goes anywhere: `+ variant: line of code`. */
function found(text: string): readonly string[] {
  const module = readModule(parser.parse(text));
  const lineOf = (offset: number): string => {
    const start = text.lastIndexOf('\n', offset - 1) + 1;
    const end = text.indexOf('\n', offset);
    return text.slice(start, end === -1 ? undefined : end).trim();
  };
  const signs = { offered: '+', present: '=', unavailable: '-' };
  const offers = torchRecipes
    .flatMap((recipe) => (recipe.language === 'python' ? recipe.find(module) : []))
    .filter(({ variant }) => ours.test(variant))
    .map((offer) => {
      if (offer.state === 'offered') {
        const edited = applyEdits(text, offer.edits());
        expect(parser.parse(edited).root.hasError, edited).toBe(false);
      }
      return `${signs[offer.state]} ${offer.variant.replace('torch.', '')}: ${lineOf(offer.where.start)}`;
    });
  const hazards = torchHazards
    .flatMap((hazard) =>
      hazard.language === 'python'
        ? hazard.find(module).map(({ where }) => ({ where, id: hazard.id }))
        : [],
    )
    .map(({ id, where }) => `! ${id.replace('torch/', '')}: ${lineOf(where.start)}`);
  return [...offers, ...hazards];
}

describe('scripts as they are written', () => {
  it('a small classifier with everything in it', () => {
    const text = `import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torchvision import datasets, transforms


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, 1)
        self.conv2 = nn.Conv2d(32, 64, 3, 1)
        self.dropout1 = nn.Dropout(0.25)
        self.fc1 = nn.Linear(9216, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        x = self.conv1(x)
        x = F.relu(x)
        x = self.conv2(x)
        x = F.relu(x)
        x = F.max_pool2d(x, 2)
        x = self.dropout1(x)
        x = torch.flatten(x, 1)
        x = self.fc1(x)
        x = F.relu(x)
        x = self.fc2(x)
        output = F.log_softmax(x, dim=1)
        return output


def train(model, device, train_loader, optimizer):
    model.train()
    for data, target in train_loader:
        optimizer.zero_grad()
        loss = F.nll_loss(model(data), target)
        loss.backward()
        optimizer.step()


def test(model, device, test_loader):
    model.eval()
    with torch.no_grad():
        for data, target in test_loader:
            output = model(data)


def main():
    transform=transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1,), (0.3,))])
    dataset1 = datasets.MNIST('../data', train=True, download=True, transform=transform)
    dataset2 = datasets.MNIST('../data', train=False, transform=transform)
    model = Net()
    optimizer = optim.Adadelta(model.parameters(), lr=1.0)
`;
    expect(found(text)).toEqual([
      '= dropout.attribute: x = self.dropout1(x)',
      '+ dropout.attribute: x = F.relu(x)',
      '+ dropout.functional: x = F.relu(x)',
      '+ dropout.attribute: x = F.relu(x)',
      '+ dropout.functional: x = F.relu(x)',
      '+ batch-norm.attribute: x = self.conv1(x)',
      '+ batch-norm.attribute: x = self.conv2(x)',
      '+ batch-norm.attribute: x = self.fc1(x)',
      '+ dropconnect.linear: self.fc1 = nn.Linear(9216, 128)',
      '+ fractional-pooling.layer: x = F.max_pool2d(x, 2)',
      '+ augmentation.split: transform=transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1,), (0.3,))])',
      '+ cutout.split: transform=transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1,), (0.3,))])',
    ]);
  });

  it('folders of photos, a normalization in a variable', () => {
    const text = `import os
import torchvision.transforms as transforms
import torchvision.datasets as datasets

traindir = os.path.join(root, 'train')
valdir = os.path.join(root, 'val')
normalize = transforms.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
train_dataset = datasets.ImageFolder(
    traindir,
    transforms.Compose([
        transforms.RandomResizedCrop(224),
        transforms.ToTensor(),
        normalize,
    ]))
val_dataset = datasets.ImageFolder(valdir, transforms.Compose([transforms.ToTensor(), normalize]))
`;
    expect(found(text)).toEqual([
      '= augmentation.compose: transforms.Compose([',
      '+ cutout.compose: transforms.Compose([',
    ]);
    const module = readModule(parser.parse(text));
    const cutout = torchRecipes
      .flatMap((recipe) => (recipe.language === 'python' ? recipe.find(module) : []))
      .find(({ variant }) => variant === 'torch.cutout.compose');
    expect(applyEdits(text, cutout?.edits() ?? [])).toContain(
      'normalize,\n        transforms.RandomErasing(',
    );
  });

  it('a dictionary of pipelines by phase', () => {
    const text = `from torchvision import datasets, transforms
data_transforms = {
    'train': transforms.Compose([transforms.Resize(256), transforms.ToTensor()]),
    'val': transforms.Compose([transforms.Resize(256), transforms.ToTensor()]),
}
image_datasets = {x: datasets.ImageFolder(x, data_transforms[x]) for x in ['train', 'val']}
`;
    expect(found(text)).toEqual([
      "+ augmentation.compose: 'train': transforms.Compose([transforms.Resize(256), transforms.ToTensor()]),",
      "+ cutout.compose: 'train': transforms.Compose([transforms.Resize(256), transforms.ToTensor()]),",
    ]);
  });

  it('inputs and targets that are transformed apart', () => {
    const text = `from torchvision.transforms import Compose, ToTensor
train_set = ImagesFromFolder(train_dir, input_transform=Compose([ToTensor()]), target_transform=Compose([ToTensor()]))
masks = VOCSegmentation(root, image_set="train", transform=Compose([ToTensor()]), target_transform=other)
`;
    const offers = found(text);
    expect(offers.every((offer) => offer.startsWith('- '))).toBe(true);
    expect(offers).toHaveLength(3);
  });

  it('a dataset that is split afterwards', () => {
    const text = `from torch.utils.data import random_split
from torchvision import datasets, transforms as T
full = datasets.FashionMNIST("d", train=True, transform=T.Compose([T.ToTensor()]))
train, val = random_split(full, [50000, 10000])
`;
    expect(found(text)).toEqual([
      '- augmentation.compose: full = datasets.FashionMNIST("d", train=True, transform=T.Compose([T.ToTensor()]))',
    ]);
  });

  it.each<[what: string, code: string]>([
    [
      'a generator and its discriminator',
      `class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(
            nn.ConvTranspose2d(100, 512, 4, 1, 0, bias=False),
            nn.Tanh()
        )

    def forward(self, input):
        return self.main(input)

noise = netG(z)
errD = criterion(netD(noise.detach()), label)
errD.backward()
`,
    ],
    [
      'a transformer, whose linear layers see sequences',
      `class Feed(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.a = nn.Linear(dim, 4 * dim)

    def forward(self, x):
        return F.gelu(self.a(self.norm(x)))
`,
    ],
    [
      'positions that are added, and skips between far layers',
      `class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.pos_embed = PositionalEncoding()
        self.up = Up()

    def forward(self, x, skip):
        x = x + self.pos_embed(x)
        y = skip + x
        return torch.cat([y, self.up(x)])
`,
    ],
    [
      'layers that a loop or a branch may skip',
      `class Net(nn.Module):
    def __init__(self, dims):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(a, b) for a, b in dims])

    def forward(self, x):
        for layer in self.layers:
            x = F.relu(layer(x))
        return x
`,
    ],
    [
      'names of another library',
      `from other import nn2 as nn
net = nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 3))
`,
    ],
    ['text', '"""nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 3))"""\n'],
  ])('nothing for %s', (_what, code) => {
    const head = code.startsWith('from')
      ? ''
      : 'import torch\nfrom torch import nn\nfrom torch.nn import functional as F\n';
    expect(found(head + code)).toEqual([]);
  });
});
