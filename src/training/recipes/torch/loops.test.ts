import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { loadPythonParser } from '../../../../test/training/parsers';
import { readModule } from '../../module';
import { applyEdits } from '../../textEdit';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { torchRecipes } from '.';

const parser = await loadPythonParser();
const folder = fileURLToPath(new URL('../../../../test/fixtures/training/torch/', import.meta.url));

const techniques = [
  'l1',
  'l2',
  'orthogonality',
  'mixup',
  'label-smoothing',
  'gradient-clipping',
  'max-norm',
];
const recipes = torchRecipes.filter(
  (recipe): recipe is PythonRecipe =>
    recipe.language === 'python' && techniques.includes(recipe.technique),
);

const offers = (text: string, technique?: string): readonly RecipeOffer[] => {
  const module = readModule(parser.parse(text));
  return recipes
    .filter((recipe) => technique === undefined || recipe.technique === technique)
    .flatMap((recipe) => recipe.find(module));
};
/** What is found at the place of an offer once it is taken. */
const sameKind = (text: string, { variant, technique }: RecipeOffer): readonly RecipeOffer[] =>
  offers(text, technique).filter((offer) => offer.variant === variant);

const shapes: Record<string, (text: string) => string> = {
  plain: (text) => text,
  crlf: (text) => text.replaceAll('\n', '\r\n'),
  tabs: (text) => text.replace(/^(?: {4})+/gm, (spaces) => '\t'.repeat(spaces.length / 4)),
  'two spaces': (text) => text.replace(/^(?: {4})+/gm, (spaces) => spaces.slice(spaces.length / 2)),
  'no break at the end': (text) => text.trimEnd(),
  'in a function': (text) => {
    const start = text.search(/^(?:torch|th)\.manual_seed|^L\.seed|^set_seed|^def main/m);
    const body = text.slice(start).replace(/^(?=.)/gm, '    ');
    return `${text.slice(0, start)}\ndef whole():\n${body}\n\nwhole()\n`;
  },
  'comments and hints': (text) =>
    text
      .replace(/^( +)(\w+) = (.*[^(,[{:])$/gm, '$1$2: object = $3  # what ( this " is')
      .replace(/\.step\(\)$/gm, '.step()  # update'),
};

const scripts = [
  'loop_mlp',
  'loop_amp',
  'loop_direct',
  'loop_lbfgs',
  'loop_images',
  'loop_lightning',
  'loop_trainer',
];
/** Every shape for a script of each framework; the others differ in their code only. */
const cases = scripts.flatMap((script) =>
  Object.keys(shapes)
    .filter(
      (shape) =>
        shape === 'plain' || ['loop_mlp', 'loop_lightning', 'loop_trainer'].includes(script),
    )
    .map((shape) => [script, shape] as const),
);

describe('every offer of every script', () => {
  it.each(cases)(
    '%s, %s',
    (script, shape) => {
      const original = readFileSync(`${folder}${script}.py`, 'utf8');
      const text = shapes[shape]!(original);
      expect(parser.parse(text).root.hasError).toBe(false);
      const found = offers(text).filter(({ state }) => state === 'offered');
      // A shape hides nothing: comments behind a type hint do.
      if (shape !== 'in a function' && shape !== 'comments and hints') {
        const plain = offers(original).filter(({ state }) => state === 'offered');
        expect(found.map(({ variant }) => variant)).toEqual(plain.map(({ variant }) => variant));
      }
      expect(found.length).toBeGreaterThan(2);
      for (const offer of found) {
        const edited = applyEdits(text, offer.edits());
        const what = `${offer.variant}\n${edited}`;
        expect(parser.parse(edited).root.hasError, what).toBe(false);
        if (shape === 'crlf') expect(edited, what).not.toMatch(/[^\r]\n/);
        if (shape === 'tabs') expect(edited, what).not.toMatch(/^ {4}/m);
        const before = sameKind(text, offer);
        const after = sameKind(edited, offer);
        const offered = (all: readonly RecipeOffer[]): number =>
          all.filter(({ state }) => state === 'offered').length;
        expect(offered(after), what).toBe(offered(before) - 1);
        const present = after.filter(
          (candidate) =>
            candidate.state === 'present' &&
            applyEdits(edited, candidate.removal?.() ?? []) === text,
        );
        const isAdamW = offer.variant === 'torch.l2.optimizer' && text.includes('AdamW(');
        expect(present, what).toHaveLength(isAdamW ? 0 : 1);
        const { strength } = present[0]!;
        const hasStop = offer.edits().some(({ stops }) => (stops ?? []).length > 0);
        expect(strength !== undefined, what).toBe(hasStop);
        if (strength)
          expect(Number(edited.slice(strength.start, strength.end)), what).toBeGreaterThan(0);
      }
    },
    60_000,
  );

  it.each(scripts)(
    '%s: one of each technique, one after the other, and out again',
    (script) => {
      const text = readFileSync(`${folder}${script}.py`, 'utf8');
      let edited = text;
      const taken: RecipeOffer[] = [];
      for (const technique of techniques) {
        const offer = offers(edited).find(
          (candidate) =>
            candidate.technique === technique &&
            candidate.state === 'offered' &&
            !/init|parametr/.test(candidate.variant),
        );
        if (!offer) continue;
        edited = applyEdits(edited, offer.edits());
        taken.push(offer);
        expect(parser.parse(edited).root.hasError, edited).toBe(false);
      }
      expect(taken.length).toBeGreaterThan(2);
      for (const offer of taken) {
        const present = sameKind(edited, offer).find(({ state }) => state === 'present');
        const removal = present?.removal?.();
        expect(removal, `${offer.variant}\n${edited}`).toBeDefined();
        edited = applyEdits(edited, removal!);
      }
      expect(edited).toBe(text);
    },
    60_000,
  );

  it.each(scripts)(
    '%s: half-typed code',
    (script) => {
      const text = readFileSync(`${folder}${script}.py`, 'utf8');
      for (let length = 0; length < text.length; length += 211) {
        const start = text.slice(0, length);
        const isBroken = parser.parse(start).root.hasError;
        for (const offer of offers(start)) {
          const edited = applyEdits(start, offer.edits());
          if (!isBroken) expect(parser.parse(edited).root.hasError, edited).toBe(false);
          offer.removal?.();
        }
      }
    },
    60_000,
  );
});

const head = `import torch
from torch import nn, optim
import torch.nn.functional as F

`;
const loop = (lines: string): string =>
  `${head}model = nn.Linear(2, 2)\noptimizer = optim.SGD(model.parameters(), lr=0.1)\n${lines}`;

/** The script after the first offer of a variant. */
function edited(text: string, variant: string): string {
  const offer = offers(text).find(
    (candidate) => candidate.variant === variant && candidate.state === 'offered',
  );
  return offer ? applyEdits(text, offer.edits()).slice(head.length) : 'nothing';
}
const l1 = (text: string): string =>
  /^.*abs\(\).*$/m.exec(edited(text, 'torch.l1.loss'))?.[0] ?? 'nothing';

describe('the loss and its model', () => {
  it.each<[name: string, text: string, line: string]>([
    [
      'the model of the optimizer that steps next',
      `${head}def main():
    for real, in loader:
        errD = criterion(netD(real), ones)
        errD.backward()
        optimizerD.step()
        errG = criterion(netD(netG(noise)), ones)
        errG.backward()
        optimizerG.step()
netD, netG = Discriminator(), Generator()
optimizerG = optim.Adam(netG.parameters())
optimizerD = optim.Adam(netD.parameters())
`,
      '        errD = errD + 1e-4 * sum(p.abs().sum() for p in netD.parameters() if p.ndim > 1)',
    ],
    [
      'before the loss is divided',
      loop(
        'for x, y in data:\n    loss = F.mse_loss(model(x), y)\n    loss = loss / 4\n    loss.backward()\n    optimizer.step()\n',
      ),
      '    loss = loss + 1e-4 * sum(p.abs().sum() for p in model.parameters() if p.ndim > 1)',
    ],
    [
      'divided where the gradient is taken',
      loop(
        'for x, y in data:\n    loss = F.mse_loss(model(x), y)\n    (loss / 4).backward()\n    optimizer.step()\n',
      ),
      '    loss = loss + 1e-4 * sum(p.abs().sum() for p in model.parameters() if p.ndim > 1)',
    ],
    [
      'an accelerator',
      loop(
        'for x, y in data:\n    output = model(x)\n    accelerator.backward(output.loss)\n    optimizer.step()\n',
      ),
      '    loss = output.loss + 1e-4 * sum(p.abs().sum() for p in model.parameters() if p.ndim > 1)',
    ],
    [
      'a loss of the object',
      `${head}class GAN:
    def __init__(self):
        self.net = nn.Linear(2, 2)
        self.opt = optim.Adam(self.net.parameters())
    def step(self, x):
        self.loss_G = self.net(x).sum()
        self.loss_G.backward()
        self.opt.step()
`,
      '        self.loss_G = self.loss_G + 1e-4 * sum(p.abs().sum() for p in self.net.parameters() if p.ndim > 1)',
    ],
    [
      'parameters that are handed over under another name',
      `${head}def train(net, data, opt):
    for x, y in data:
        opt.zero_grad()
        loss = F.mse_loss(net(x), y)
        loss.backward()
        opt.step()
model = nn.Linear(2, 2)
opt = optim.SGD(model.parameters(), lr=1)
train(model, data, opt)
`,
      '        loss = loss + 1e-4 * sum(p.abs().sum() for p in net.parameters() if p.ndim > 1)',
    ],
    [
      'two models of one optimizer',
      loop(
        'encoder, decoder = nn.Linear(2, 1), nn.Linear(1, 2)\nopt = optim.SGD(list(encoder.parameters()) + list(decoder.parameters()), lr=1)\nfor x in data:\n    loss = F.mse_loss(decoder(encoder(x)), x)\n    loss.backward()\n    opt.step()\n',
      ),
      '    loss = loss + 1e-4 * sum(p.abs().sum() for m in (encoder, decoder) for p in m.parameters() if p.ndim > 1)',
    ],
    [
      'behind branches that compute the loss',
      loop(
        'for x, y in data:\n    if x is None:\n        loss = F.l1_loss(model(y), y)\n    else:\n        loss = F.mse_loss(model(x), y)\n    loss.backward()\n    optimizer.step()\n',
      ),
      '    loss = loss + 1e-4 * sum(p.abs().sum() for p in model.parameters() if p.ndim > 1)',
    ],
    // Nothing where it is not plain.
    ['no step', loop('loss = F.mse_loss(model(x), y)\nloss.backward()\n'), 'nothing'],
    [
      'a gradient is given',
      loop('y = model(x)\ny.backward(torch.ones(2))\noptimizer.step()\n'),
      'nothing',
    ],
    [
      'several statements on the line',
      loop('loss = f(model(x)); loss.backward(); optimizer.step()\n'),
      'nothing',
    ],
    ['a scheduler', loop('loss = f(model(x))\nloss.backward()\nscheduler.step()\n'), 'nothing'],
    ['another backward', 'def f(loss):\n    loss = g(loss)\n    loss.backward()\n', 'nothing'],
    [
      'in a string',
      loop('"""\nloss = f(model(x))\nloss.backward()\noptimizer.step()\n"""\n'),
      'nothing',
    ],
    [
      'a broken function',
      loop('def f(:\n    loss = f(model(x))\n    loss.backward()\n    optimizer.step()\n'),
      'nothing',
    ],
    [
      'a model that is not seen',
      `${head}def build():\n    inner = nn.Linear(2, 2)\n    return optim.SGD(inner.parameters(), lr=1)\ndef run(optimizer):\n    loss = f(x)\n    loss.backward()\n    optimizer.step()\n`,
      'nothing',
    ],
  ])('%s', (_, text, line) => {
    expect(l1(text)).toBe(line);
  });

  it('adds the second term of a GAN to the second loss', () => {
    const text = `${head}netD, netG = nn.Linear(2, 2), nn.Linear(2, 2)
optD, optG = None, None
optD = optim.Adam(netD.parameters())
optG = optim.Adam(netG.parameters())
for x in data:
    errD_real = f(netD(x))
    errD_real.backward()
    errD_fake = f(netD(netG(x)))
    errD_fake.backward()
    optD.step()
    errG = f(netD(netG(x)))
    errG.backward()
    optG.step()
`;
    const found = offers(text).filter(({ variant }) => variant === 'torch.l1.loss');
    const states = sameKind(applyEdits(text, found[0]!.edits()), found[0]!);
    expect(states.map(({ state }) => state)).toEqual(['present', 'offered']);
    const lines = found.map((offer) => /^.*abs\(\).*$/m.exec(applyEdits(text, offer.edits()))?.[0]);
    expect(lines).toEqual([
      '    errD_fake = errD_fake + 1e-4 * sum(p.abs().sum() for p in netD.parameters() if p.ndim > 1)',
      '    errG = errG + 1e-4 * sum(p.abs().sum() for p in netG.parameters() if p.ndim > 1)',
    ]);
  });
});

describe('what is there already', () => {
  const body = (lines: string): string =>
    loop(
      `for x, y in data:\n    optimizer.zero_grad()\n    loss = F.cross_entropy(model(x), y)\n${lines}    loss.backward()\n    optimizer.step()\n`,
    );
  it.each<[lines: string, variant: string, strength: string | undefined]>([
    [
      '    l1 = sum(p.abs().sum() for p in model.parameters())\n    loss = loss + 0.001 * l1\n',
      'torch.l1.loss',
      undefined,
    ],
    [
      '    loss += args.l1 * sum(torch.norm(p, 1) for p in model.parameters())\n',
      'torch.l1.loss',
      'args.l1',
    ],
    [
      '    loss = loss + lam * sum(p.abs().sum() for p in model.parameters())\n',
      'torch.l1.loss',
      'lam',
    ],
    [
      '    for p in model.parameters():\n        loss = loss + 1e-5 * torch.abs(p).sum()\n',
      'torch.l1.loss',
      undefined,
    ],
    ['    loss = loss + 1e-3 * gram_penalty(model)\n', 'torch.orthogonality.gram', '1e-3'],
    ['    loss = loss + beta * l2_orthogonality(model)\n', 'torch.orthogonality.gram', 'beta'],
    ['    x, y_a, y_b, lam = mixup_data(x, y, 0.4)\n', 'torch.mixup.loop', undefined],
    [
      '    loss = loss + 0.01 * sum(p.pow(2).sum() for p in model.parameters())\n',
      'torch.l2.loss',
      '0.01',
    ],
  ])('%j', (lines, variant, strength) => {
    const text = body(lines);
    const found = offers(text).filter((offer) => offer.variant === variant);
    expect(found.map(({ state }) => state)).toEqual(['present']);
    const range = found[0]!.strength;
    expect(range && text.slice(range.start, range.end)).toBe(strength);
    const { technique } = found[0]!;
    const others = offers(text).filter(
      (offer) =>
        offer.technique === technique &&
        offer.state === 'offered' &&
        offer.where.start >= text.indexOf('for x'),
    );
    expect(others).toEqual([]);
  });

  it.each([
    '    loss = loss + F.l1_loss(model(x), y)\n',
    '    loss = loss + 0.5 * F.smooth_l1_loss(model(x), y)\n',
    '    loss = loss + alpha * kl\n',
  ])('%j is no regularizer', (lines) => {
    const states = offers(body(lines)).map(({ state }) => state);
    expect(states).not.toContain('present');
  });

  it('clips once, and takes the factor of the scaler off once', () => {
    const amp = (lines: string): string =>
      loop(
        `scaler = torch.amp.GradScaler()\nfor x, y in data:\n    loss = F.cross_entropy(model(x), y)\n    scaler.scale(loss).backward()\n${lines}    scaler.step(optimizer)\n    scaler.update()\n`,
      );
    const clip = 'nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)';
    expect(edited(amp(''), 'torch.gradient-clipping.norm')).toContain(
      `    scaler.unscale_(optimizer)\n    ${clip}\n    scaler.step(optimizer)`,
    );
    const unscaled = edited(
      amp('    scaler.unscale_(optimizer)\n'),
      'torch.gradient-clipping.norm',
    );
    expect(unscaled.match(/unscale_/g)).toHaveLength(1);
    expect(edited(amp(`    ${clip}\n`), 'torch.gradient-clipping.norm')).toBe('nothing');
  });
});

describe('where a technique is not offered', () => {
  it('says why parameters that are sharded get no L1', () => {
    const text = loop(
      'from torch.distributed.fsdp import FullyShardedDataParallel as FSDP\nmodel = FSDP(model)\nloss = f(model(x))\nloss.backward()\noptimizer.step()\n',
    );
    const found = offers(text).filter(({ technique }) => technique === 'l1');
    expect(found.map(({ state }) => state)).toEqual(['unavailable']);
    expect(found[0]!.detail).toContain('FullyShardedDataParallel');
  });

  it.each<[name: string, lines: string]>([
    ['another loss', 'output = model(x)\n    loss = F.mse_loss(output, y)'],
    ['no name for the output', 'loss = F.cross_entropy(model(x), y)'],
    [
      'labels that come from elsewhere',
      'output = model(x)\n    loss = F.cross_entropy(output, labels)',
    ],
    ['another input', 'output = model(z)\n    loss = F.cross_entropy(output, y)'],
  ])('no mixup: %s', (_, lines) => {
    const text = loop(
      `for x, y in data:\n    ${lines}\n    loss.backward()\n    optimizer.step()\n`,
    );
    expect(offers(text).filter(({ technique }) => technique === 'mixup')).toEqual([]);
  });

  it('mixes where the criterion was moved to a device, and images and labels one by one', () => {
    const text = `${loop('criterion = nn.CrossEntropyLoss().to(device)\n')}def train(loader, model, criterion, optimizer):
    for i, (images, target) in enumerate(loader):
        images = images.to(device)
        target = target.to(device)
        output = model(images)
        loss = criterion(output, target)
        loss.backward()
        optimizer.step()
train(loader, model, criterion, optimizer)
`;
    expect(edited(text, 'torch.mixup.loop')).toContain(
      '        images, target_a, target_b, lam = mixup(images, target, alpha=0.2)\n        output = model(images)\n',
    );
  });

  it('no label smoothing of the loss of evaluation', () => {
    const text = loop('def evaluate():\n    return F.cross_entropy(model(x), y)\n');
    expect(offers(text).filter(({ technique }) => technique === 'label-smoothing')).toEqual([]);
  });
});
