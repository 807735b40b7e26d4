import { describe, expect, it } from 'vitest';

import { loadPythonParser } from '../../../../test/training/parsers';
import { readModule } from '../../module';
import { applyEdits } from '../../textEdit';
import type { RecipeOffer } from '../recipe';
import { torchRecipes } from '.';

const parser = await loadPythonParser();

function offers(text: string, technique: string): readonly RecipeOffer[] {
  const module = readModule(parser.parse(text));
  return torchRecipes.flatMap((recipe) =>
    recipe.language === 'python' && recipe.technique === technique ? recipe.find(module) : [],
  );
}

/** The text with the variant added; then with it taken out again, which must be what was there. */
function edited(text: string, variant: string): string {
  const technique = variant.split('.')[1] ?? '';
  const offer = offers(text, technique).find((candidate) => candidate.variant === variant);
  if (offer?.state !== 'offered') return 'nothing';
  const result = applyEdits(text, offer.edits());
  expect(parser.parse(result).root.hasError, result).toBe(false);
  const removals = offers(result, technique).map((found) => found.removal?.() ?? []);
  expect(
    removals.map((edits) => applyEdits(result, edits)),
    result,
  ).toContain(text);
  return result;
}

const head = `import torch
from torch import nn
import torch.nn.functional as F

model = nn.Sequential(nn.Linear(4, 3))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
`;

const phases = `${head}
def fit(model, criterion, optimizer, epochs):
    best = model.state_dict()
    for epoch in range(epochs):
        for phase in ['train', 'val']:
            for x, y in loaders[phase]:
                optimizer.zero_grad()
                with torch.set_grad_enabled(phase == 'train'):
                    out = model(x)
                    loss = criterion(out, y)
                    if phase == 'train':
                        loss.backward()
                        optimizer.step()
                total += loss.item()
    model.load_state_dict(best)
    return model

fit(model, criterion, optimizer, 3)
`;

describe('one loop for training and validation', () => {
  it('does not mix batches, and says why', () => {
    const [offer, ...more] = offers(phases, 'mixup');
    expect(more).toEqual([]);
    expect(offer?.state).toBe('unavailable');
    expect(offer?.detail).toContain('also evaluates');
  });

  it.each(['torch.l1.loss', 'torch.orthogonality.gram'])('adds %s in training only', (variant) => {
    expect(edited(phases, variant)).toMatch(
      /if phase == 'train':\n +loss = loss \+ 1e-\d \* .*\n +loss\.backward\(\)/,
    );
  });

  it('prunes what is loaded back at the end, not what it replaces', () => {
    expect(edited(phases, 'torch.l1.pruning')).toMatch(
      /model\.load_state_dict\(best\)\n    prunable = .*\n.*\n.*\n.*\n    return model/,
    );
  });

  it('prunes behind the loop where the name then holds another model', () => {
    const text = phases.replace(
      '    model.load_state_dict(best)',
      '    model = load()\n    model.load_state_dict(best)',
    );
    expect(edited(text, 'torch.l1.pruning')).toMatch(/make it permanent\n    model = load\(\)/);
  });
});

describe('mixup', () => {
  it.each<[name: string, text: string, reason: string | undefined]>([
    [
      'losses of two branches',
      `${head}
for x, y in loader:
    out = model(x)
    if amp:
        loss = criterion(out, y)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
    else:
        loss = criterion(out, y)
        loss.backward()
        optimizer.step()
`,
      'more than one place',
    ],
    [
      'tokens',
      `${head.replace('nn.Linear(4, 3)', 'nn.EmbeddingBag(99, 4), nn.Linear(4, 3)')}
for x, y in loader:
    out = model(x)
    loss = criterion(out, y)
    loss.backward()
    optimizer.step()
`,
      'embedding',
    ],
    [
      'a second input',
      `${head}
for x, meta, y in loader:
    out = model(x, meta)
    loss = criterion(out, y)
    loss.backward()
    optimizer.step()
`,
      undefined,
    ],
  ])('is not offered for %s', (_, text, reason) => {
    const found = offers(text, 'mixup');
    expect(found.filter(({ state }) => state === 'offered')).toEqual([]);
    if (reason === undefined) expect(found).toEqual([]);
    else expect(found[0]?.detail).toContain(reason);
  });
});

describe('a class that is handed its optimizer', () => {
  const text = `import torch
import torch.nn.functional as F
from torch.nn.parallel import DistributedDataParallel as DDP


class Runner:
    def __init__(self, model, optimizer, rank):
        self.optimizer = optimizer
        self.model = DDP(model, device_ids=[rank])

    def run_batch(self, source, targets):
        self.optimizer.zero_grad()
        output = self.model(source)
        loss = F.cross_entropy(output, targets)
        loss.backward()
        self.optimizer.step()
`;

  it.each<[variant: string, line: string]>([
    ['torch.l1.loss', '1e-4 * sum(p.abs().sum() for p in self.model.parameters() if p.ndim > 1)'],
    ['torch.orthogonality.gram', 'loss = loss + 1e-3 * gram_penalty(self.model)'],
    ['torch.gradient-clipping.norm', 'clip_grad_norm_(self.model.parameters(), max_norm=1.0)'],
    [
      'torch.mixup.loop',
      'source, targets_a, targets_b, lam = mixup(source, targets, alpha=0.2)\n        output = self.model(source)',
    ],
  ])('%s finds the model that it calls', (variant, line) => {
    expect(edited(text, variant)).toContain(line);
  });
});

describe('stochastic depth', () => {
  const block = (sum: string): string => `import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)
        self.shortcut = nn.Sequential()

    def forward(self, x):
        out = self.conv(x)
        ${sum}
        return out
`;
  it.each([
    ['out += self.shortcut(x)', 'out = self.drop_path(out)\n        out += self.shortcut(x)'],
    ['out = out + self.shortcut(x)', 'out = self.drop_path(out) + self.shortcut(x)'],
    ['out = self.shortcut(x) + out', 'out = self.shortcut(x) + self.drop_path(out)'],
  ])('drops the branch, not the shortcut: %s', (sum, result) => {
    expect(edited(block(sum), 'torch.stochastic-depth.helper')).toContain(result);
  });
});
