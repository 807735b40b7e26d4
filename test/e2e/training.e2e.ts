import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { until } from './harness/until';
import { Workbench } from './harness/workbench';
import { workspaceOf } from './harness/workspace';

const hazardous = `import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 32)
        self.fc2 = nn.Linear(32, 10)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = F.dropout(x, 0.3)
        return self.fc2(x)
`;

const loop = `import torch
from torch import nn

model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
criterion = nn.CrossEntropyLoss()
for x, y in loader:
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
`;

const tfjs = `import * as tf from '@tensorflow/tfjs';

export function build(): tf.Sequential {
  const model = tf.sequential();
  model.add(tf.layers.dense({units: 32, inputShape: [64], activation: 'relu'}));
  model.add(tf.layers.dense({units: 10, activation: 'softmax'}));
  model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy'});
  return model;
}
`;

const notebook = JSON.stringify({
  cells: [
    {
      cell_type: 'code',
      source: ['%matplotlib inline\n', 'import torch\n', 'from torch import nn'],
    },
    { cell_type: 'code', source: ['model = nn.Sequential(nn.Linear(64, 10))'] },
    {
      cell_type: 'code',
      source: ['optimizer = torch.optim.SGD(model.parameters(), lr=0.1)'],
    },
  ].map((cell) => ({ ...cell, metadata: {}, outputs: [], execution_count: null })),
  metadata: { language_info: { name: 'python' } },
  nbformat: 4,
  nbformat_minor: 5,
});

let workbench: Workbench;

beforeAll(async () => {
  const files = {
    'net.py': hazardous,
    'loop.py': loop,
    'model.ts': tfjs,
    'train.ipynb': notebook,
  };
  workbench = await Workbench.open(workspaceOf('training', files), { width: 1600 });
});

afterAll(async () => {
  await workbench.close();
});

afterEach(async () => {
  await workbench.closeEditors();
});

const apply = (file: string, line: RegExp, action: RegExp): Promise<string> =>
  workbench.applyCodeAction(file, line, action);

describe('training code', () => {
  it('marks dropout that ignores evaluation, and mends it', async () => {
    await workbench.openFile('net.py');
    await workbench.page.locator('.squiggly-warning').first().waitFor({ timeout: 60_000 });
    const after = await apply('net.py', /F\.dropout/, /training=self\.training/);
    expect(after).toContain('F.dropout(x, 0.3, training=self.training)');
    await expect.poll(() => workbench.page.locator('.squiggly-warning').count()).toBe(0);
  });

  it('adds proximal L1 after the step, and takes it out again byte for byte', async () => {
    await workbench.openFile('loop.py');
    const added = await apply('loop.py', /optimizer\.step/, /^Add L1 \(sparse\)/);
    expect(added).toMatch(/optimizer\.step\(\)\n.*no_grad/);
    const removed = await apply('loop.py', /optimizer\.step/, /^Remove: /);
    expect(removed).toBe(loop);
  });

  it('shows the preview of what is picked from the list of techniques', async () => {
    await workbench.openFile('loop.py');
    await workbench.goTo(/criterion = /);
    await workbench.command('RegLens: Add Regularizer');
    const row = workbench.page.locator('.quick-input-list .monaco-list-row', {
      hasText: 'Label smoothing',
    });
    await row.first().click();
    await workbench.page.getByText('Refactor Preview').first().waitFor();
    await workbench.page.getByRole('button', { name: 'Apply' }).first().click();
    await workbench.openFile('loop.py');
    await workbench.save();
    await workbench.waitForDisk('loop.py', /label_smoothing=/);
  });

  it('adds dropout to TypeScript', async () => {
    await workbench.openFile('model.ts');
    const after = await apply('model.ts', /units: 32/, /dropout/i);
    expect(after).toMatch(/tf\.layers\.dropout\(\{\s*rate: 0\.5/);
  });

  it('reads the cells of a notebook as one script', async () => {
    await workbench.openFile('train.ipynb');
    const cell = workbench.page.locator('.cell .view-line', { hasText: 'torch.optim.SGD' }).first();
    await cell.waitFor({ timeout: 60_000 });
    await cell.click();
    let titles: string[] = [];
    await until('the lightbulb offers weight decay', async () => {
      titles = await workbench.codeActions();
      if (titles.some((title) => /^Add weight decay/.test(title))) return true;
      await workbench.page.keyboard.press('Escape');
      return false;
    });
    await workbench.chooseCodeAction(titles.find((one) => /^Add weight decay/.test(one)) ?? '');
    await workbench.save();
    // The model stands in another cell, the helper goes into the one with the imports.
    await workbench.waitForDisk('train.ipynb', /decay_param_groups\(model/);
  });
});
