import { describe, expect, it } from 'vitest';

import { loadPythonParser } from '../../../../test/training/parsers';
import { readModule } from '../../module';
import { applyEdits } from '../../textEdit';
import type { HazardFinding } from '../hazard';
import { torchHazards } from '../torch';

const parser = await loadPythonParser();

const head = `import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import optim
`;

function findings(code: string, id: string): readonly HazardFinding[] {
  const module = readModule(parser.parse(head + code));
  return torchHazards.flatMap((hazard) =>
    hazard.id === id && hazard.language === 'python' ? hazard.find(module) : [],
  );
}

/** The file's lines after the fix that were not there before. */
function fixed(code: string, { fix }: HazardFinding): string {
  const before = head + code;
  const after = applyEdits(before, fix?.edits() ?? []);
  expect(parser.parse(after).root.hasError, after).toBe(false);
  const old = before.split('\n');
  return after
    .split('\n')
    .filter((line) => !old.includes(line))
    .map((line) => line.trim())
    .join('\n');
}

const model = (init: string, forward: string): string => `
class Net(nn.Module):
    def __init__(self):
        super().__init__()
${init.replace(/^/gm, '        ')}

    def forward(self, x):
${forward.replace(/^/gm, '        ')}

model = Net().to("cpu")
`;

const loop = `
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(model.parameters(), lr=0.1)
for x, y in loader:
    output = model(x)
    loss = criterion(output, y)
    loss.backward()
    optimizer.step()
`;

const train = `
def train(model, loader, optimizer):
    model.train()
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
`;

const evaluate = (first: string): string => `
def evaluate(model, loader):
    """Accuracy."""
    correct = 0
${first}    with torch.no_grad():
        for x, y in loader:
            correct += (model(x).argmax(1) == y).sum().item()
    return correct
`;

const net = 'net = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 2))\n';

const accumulation = (lines: string, condition = '(i + 1) % steps == 0'): string => `
for i, (x, y) in enumerate(loader):
    loss = F.cross_entropy(model(x), y)
    ${lines.replaceAll('\n', '\n    ')}
    loss.backward()
    if ${condition}:
        optimizer.step()
        optimizer.zero_grad()
`;

const penalty = 'loss = loss + 1e-4 * sum(p.abs().sum() for p in model.parameters() if p.ndim > 1)';

describe('hazards that are there', () => {
  it.each<[id: string, code: string, fix: string | undefined]>([
    [
      'torch/adam-weight-decay',
      'o = optim.Adam(m.parameters(), lr=1e-3, weight_decay=1e-2)',
      'o = optim.AdamW(m.parameters(), lr=1e-3, weight_decay=1e-2)',
    ],
    [
      'torch/adam-weight-decay',
      'DECAY = 5e-4\no = torch.optim.Adam(m.parameters(), 1e-3, (0.9, 0.99), 1e-8, DECAY)',
      'o = torch.optim.AdamW(m.parameters(), 1e-3, (0.9, 0.99), 1e-8, DECAY)',
    ],
    [
      'torch/dropout-before-batch-norm',
      'm = nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.2), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))',
      undefined,
    ],
    [
      'torch/dropout-before-batch-norm',
      model(
        'self.fc = nn.Linear(8, 8)\nself.drop = nn.Dropout()\nself.bn = nn.BatchNorm1d(8)',
        'x = F.relu(self.fc(x))\nx = self.drop(x)\nx = self.bn(x)\nreturn x',
      ),
      undefined,
    ],
    [
      'torch/dropout-after-last-layer',
      model(
        'self.fc = nn.Linear(8, 2)\nself.drop = nn.Dropout(0.5)',
        'x = self.fc(x)\nx = self.drop(x)\nreturn x',
      ) + loop,
      '',
    ],
    [
      'torch/dropout-after-last-layer',
      `model = nn.Sequential(nn.Linear(8, 2), nn.Dropout(0.5))${loop}`,
      'model = nn.Sequential(nn.Linear(8, 2))',
    ],
    [
      'torch/dropout-without-training',
      model('self.fc = nn.Linear(8, 2)', 'x = F.dropout(x, 0.5)\nreturn self.fc(x)'),
      'x = F.dropout(x, 0.5, training=self.training)',
    ],
    [
      'torch/dropout-without-training',
      model('self.c = nn.Conv2d(1, 2, 3)', 'return F.dropout2d(\n    self.c(x),\n    p=0.1,\n)'),
      'training=self.training,',
    ],
    ['torch/eval-missing', net + train + evaluate(''), 'model.eval()'],
    [
      'torch/eval-missing',
      `${net}opt = optim.SGD(net.parameters(), 0.1)
for epoch in range(3):
    for x, y in loader:
        F.cross_entropy(net(x), y).backward()
        opt.step()
    with torch.no_grad():
        for x, y in test_loader:
            print(net(x))
`,
      undefined,
    ],
    [
      'torch/softmax-before-cross-entropy',
      'loss = F.cross_entropy(F.softmax(logits, dim=1), y)',
      'loss = F.cross_entropy(logits, y)',
    ],
    [
      'torch/softmax-before-cross-entropy',
      model('self.fc = nn.Linear(8, 2)', 'return F.softmax(self.fc(x), dim=1)') + loop,
      undefined,
    ],
    [
      'torch/softmax-before-cross-entropy',
      `model = nn.Sequential(nn.Linear(8, 2), nn.Softmax(dim=1))${loop}`,
      undefined,
    ],
    [
      'torch/softmax-before-cross-entropy',
      'criterion = nn.CrossEntropyLoss()\nprobs = torch.softmax(model(x), 1)\nloss = criterion(probs, y)',
      undefined,
    ],
    [
      'torch/l1-on-biases',
      'loss = loss + 1e-4 * sum(p.abs().sum() for p in model.parameters())',
      'loss = loss + 1e-4 * sum(p.abs().sum() for p in model.parameters() if p.ndim > 1)',
    ],
    [
      'torch/l1-on-biases',
      'l1 = 0\nfor p in model.parameters():\n    l1 += torch.norm(p, 1)\nloss = loss + l1',
      'for p in (p for p in model.parameters() if p.ndim > 1):',
    ],
    [
      'torch/bias-before-batch-norm',
      'm = nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU())',
      'm = nn.Sequential(nn.Conv2d(1, 8, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU())',
    ],
    [
      'torch/bias-before-batch-norm',
      model(
        'self.fc = nn.Linear(8, 8)\nself.bn = nn.BatchNorm1d(8)',
        'return F.relu(self.bn(self.fc(x)))',
      ),
      'self.fc = nn.Linear(8, 8, bias=False)',
    ],
    [
      'torch/load-without-weights-only',
      'm.load_state_dict(torch.load("m.pt"))',
      'm.load_state_dict(torch.load("m.pt", weights_only=True))',
    ],
    ['torch/load-without-weights-only', 'checkpoint = torch.load("m.pt")', undefined],
    ['torch/penalty-after-accumulation', accumulation(`loss = loss / steps\n${penalty}`), ''],
    [
      'torch/penalty-after-accumulation',
      accumulation('loss /= steps\nloss += 0.1 * gram_penalty(model)'),
      '',
    ],
  ])('%s: %s', (id, code, fix) => {
    const [finding, ...others] = findings(code, id);
    expect(finding, code).toBeDefined();
    expect(others).toEqual([]);
    if (!finding) return;
    if (fix === undefined) expect(finding.fix).toBeUndefined();
    else {
      expect(fixed(code, finding)).toBe(fix);
      const after = applyEdits(head + code, finding.fix?.edits() ?? []).slice(head.length);
      expect(findings(after, id), after).toEqual([]);
    }
  });

  it('leaves norms out of the decay, once', () => {
    const code = 'n = nn.BatchNorm1d(8)\no = optim.SGD(m.parameters(), lr=1, weight_decay=1e-4)\n';
    const id = 'torch/decay-on-norms-and-biases';
    const [finding] = findings(code, id);
    expect(finding && fixed(code, finding)).toContain(
      'o = optim.SGD(decay_param_groups(m, weight_decay=1e-4), lr=1)',
    );
    const after = applyEdits(head + code, finding?.fix?.edits() ?? []).slice(head.length);
    expect(findings(after, id)).toEqual([]);
  });
});

describe('near misses', () => {
  it.each<[id: string, code: string]>([
    ['torch/adam-weight-decay', 'o = optim.AdamW(m.parameters(), weight_decay=1e-2)'],
    ['torch/adam-weight-decay', 'o = optim.Adam(m.parameters(), weight_decay=0.0)'],
    ['torch/adam-weight-decay', 'o = optim.Adam(m.parameters(), weight_decay=args.weight_decay)'],
    [
      'torch/adam-weight-decay',
      'o = optim.Adam(m.parameters(), weight_decay=1e-2, decoupled_weight_decay=True)',
    ],
    ['torch/adam-weight-decay', 'from other import Adam\no = Adam(m.parameters(), weight_decay=1)'],
    ['torch/adam-weight-decay', '"""\no = optim.Adam(p, weight_decay=1)\n"""'],
    ['torch/decay-on-norms-and-biases', 'o = optim.SGD(m.parameters(), weight_decay=1e-4)'],
    [
      'torch/decay-on-norms-and-biases',
      'n = nn.LayerNorm(8)\no = optim.SGD([{"params": a, "weight_decay": 0.0}], weight_decay=1e-4)',
    ],
    [
      'torch/dropout-before-batch-norm',
      'm = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.Dropout(0.2), nn.Linear(8, 2))',
    ],
    ['torch/dropout-before-batch-norm', 'm = nn.Sequential(nn.Dropout(0.0), nn.BatchNorm1d(8))'],
    ['torch/dropout-before-batch-norm', 'm = nn.Sequential(nn.Dropout(0.2), nn.LayerNorm(8))'],
    [
      'torch/dropout-after-last-layer',
      // The last layer of a block is not that of the model.
      model(
        'self.fc = nn.Linear(8, 8)\nself.drop = nn.Dropout(0.5)',
        'return self.drop(self.fc(x))',
      ),
    ],
    [
      'torch/dropout-after-last-layer',
      model(
        'self.fc = nn.Linear(8, 2)\nself.drop = nn.Dropout(0.5)',
        'return self.fc(self.drop(x))',
      ) + loop,
    ],
    [
      'torch/dropout-without-training',
      model('self.fc = nn.Linear(8, 2)', 'return F.dropout(x, 0.5, self.training)'),
    ],
    ['torch/dropout-without-training', 'def noise(x):\n    return F.dropout(x, 0.5)\n'],
    [
      'torch/dropout-without-training',
      model('self.fc = nn.Linear(8, 2)', 'if self.training:\n    x = F.dropout(x, 0.5)\nreturn x'),
    ],
    [
      'torch/dropout-without-training',
      model('self.fc = nn.Linear(8, 2)', 'return F.alpha_dropout(x, 0.5)'),
    ],
    [
      'torch/dropout-without-training',
      'class Noise(Base):\n    def forward(self, x):\n        return F.dropout(x, 0.5)\n',
    ],
    ['torch/eval-missing', net + train + evaluate('    model.eval()\n')],
    ['torch/eval-missing', `${net}${train}${evaluate('')}\nmodel.eval()\nevaluate(model, loader)`],
    // Nothing differs between the modes.
    ['torch/eval-missing', `net = nn.Linear(8, 2)\n${train}${evaluate('')}`],
    // Nothing is trained here.
    ['torch/eval-missing', net + evaluate('')],
    ['torch/eval-missing', `${net}${train}${evaluate('    model.train(False)\n')}`],
    [
      'torch/eval-missing',
      `${net}${train}\nwith torch.no_grad():\n    print(net(torch.zeros(1, 8)))`,
    ],
    ['torch/softmax-before-cross-entropy', 'loss = F.nll_loss(F.log_softmax(x, dim=1), y)'],
    ['torch/softmax-before-cross-entropy', 'loss = F.cross_entropy(x, F.softmax(teacher, dim=1))'],
    [
      'torch/softmax-before-cross-entropy',
      model('self.fc = nn.Linear(8, 2)', 'return F.log_softmax(self.fc(x), dim=1)') + loop,
    ],
    [
      'torch/softmax-before-cross-entropy',
      'probs = F.softmax(x, 1)\nprobs = model(x)\nloss = F.cross_entropy(probs, y)',
    ],
    [
      'torch/softmax-before-cross-entropy',
      'class CrossEntropyLoss:\n    pass\ncriterion = CrossEntropyLoss()\nloss = criterion(F.softmax(x, 1), y)',
    ],
    [
      'torch/l1-on-biases',
      'loss = loss + sum(p.abs().sum() for p in model.parameters() if p.ndim > 1)',
    ],
    [
      'torch/l1-on-biases',
      'loss = loss + sum(p.abs().sum() for n, p in model.named_parameters() if "bias" not in n)',
    ],
    ['torch/l1-on-biases', 'print(sum(p.abs().sum() for p in model.parameters()))'],
    ['torch/l1-on-biases', 'loss = loss + sum(p.pow(2).sum() for p in model.parameters())'],
    ['torch/l1-on-biases', 'loss = loss + sum(p.abs().sum() for p in layer.weights)'],
    [
      'torch/bias-before-batch-norm',
      'm = nn.Sequential(nn.Conv2d(1, 8, 3, bias=False), nn.BatchNorm2d(8))',
    ],
    [
      'torch/bias-before-batch-norm',
      'm = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.BatchNorm2d(8))',
    ],
    ['torch/bias-before-batch-norm', 'm = nn.Sequential(nn.Conv2d(1, 8, 3), nn.GroupNorm(2, 8))'],
    [
      'torch/bias-before-batch-norm',
      // The output of the layer goes elsewhere too.
      model(
        'self.fc = nn.Linear(8, 8)\nself.bn = nn.BatchNorm1d(8)',
        'y = self.fc(x)\nz = self.bn(y)\nreturn y + z',
      ),
    ],
    [
      'torch/bias-before-batch-norm',
      model(
        'self.fc = nn.Linear(8, 8)\nself.bn = nn.BatchNorm1d(8)\nnn.init.zeros_(self.fc.bias)',
        'return self.bn(self.fc(x))',
      ),
    ],
    ['torch/load-without-weights-only', 'torch.load("m.pt", weights_only=False)'],
    ['torch/load-without-weights-only', 'torch.load("m.pt", **options)'],
    ['torch/load-without-weights-only', 'torch.jit.load("m.pt")\nnumpy.load("m.npy")'],
    ['torch/penalty-after-accumulation', accumulation(`${penalty}\nloss = loss / steps`)],
    // A mean over the batch is no accumulation.
    ['torch/penalty-after-accumulation', accumulation(`loss = loss / len(x)\n${penalty}`)],
    [
      'torch/penalty-after-accumulation',
      accumulation(`loss = loss / steps\n${penalty}`, 'i > steps'),
    ],
    ['torch/penalty-after-accumulation', accumulation('loss = loss / steps\nloss = loss + aux')],
  ])('%s is silent on %s', (id, code) => {
    expect(parser.parse(head + code).root.hasError).toBe(false);
    expect(findings(code, id)).toEqual([]);
  });

  it('never throws on half-typed code', () => {
    const code = head + net + train + evaluate('') + loop + accumulation(penalty);
    for (let length = 0; length < code.length; length += 29) {
      const module = readModule(parser.parse(code.slice(0, length)));
      for (const hazard of torchHazards) {
        if (hazard.language === 'python') expect(hazard.find(module)).toBeDefined();
      }
    }
  });

  it('gives every hazard an id of its own', () => {
    const ids = torchHazards.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every((id) => /^torch\/[a-z0-9-]+$/.test(id))).toBe(true);
  });
});
