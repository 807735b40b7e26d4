import { describe, expect, it } from 'vitest';

import type { LayerReport, Measurements } from '../core/report';
import { factsOf } from './facts';
import { findingsOf } from './findingsOf';
import type { Hit, Rule } from './rule';
import { sparsity } from './sparsity';

function layer(name: string, parameterCount = 10): LayerReport {
  return {
    name,
    role: 'matrix',
    tensor: `${name}.weight`,
    tensors: [`${name}.weight`],
    dtype: 'f32',
    shape: [2, 5],
    parameterCount,
    view: [2, 5],
    blocks: 1,
    orientation: 'known',
    state: 'done',
    metrics: {},
    baselines: {},
    bounds: {},
    missing: [],
  };
}

function measurements(layers: readonly LayerReport[], declared?: unknown): Measurements {
  return {
    version: 1,
    backend: 'none',
    checkpoint: {
      name: 'm',
      format: 'safetensors',
      description: '',
      framework: 'pytorch',
      files: [],
      bytes: 0,
      optimizers: [],
      recorded: {},
      ...(declared === undefined ? {} : { declared: declared as never }),
      notices: [],
    },
    totals: { tensorCount: 0, parameterCount: 100, byteCount: 0, measuredLayerCount: 0 },
    highlights: [],
    tensors: [],
    layers,
    skipped: [],
  };
}

const rule = (name: string, hits: readonly Hit[], more: Partial<Rule> = {}): Rule => ({
  id: name,
  name,
  title: name,
  class: 'measured',
  severity: 'note',
  condition: '',
  rationale: '',
  caveats: ['of the rule'],
  suggestion: 'do',
  techniques: ['l1'],
  sources: [],
  thresholds: [],
  find: () => hits,
  ...more,
});

const hit = (name: string, more: Partial<Hit> = {}): Hit => ({
  layer: name,
  confidence: 'strong',
  evidence: [{ name: 'l2', value: 1 }],
  message: `says ${name}.`,
  ...more,
});

describe('findings of rules', () => {
  it('gathers a family and tells of its worst layer', () => {
    const layers = [0, 1, 2].map((i) => layer(`layers.${i}.fc`));
    const hits = layers.map(({ name }, i) => hit(name, { strength: i === 1 ? 5 : i }));
    const findings = findingsOf(factsOf(measurements(layers)), [rule('R', hits)]);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({
      layers: ['layers.1.fc', 'layers.2.fc', 'layers.0.fc'],
      message: 'layers.*.fc (3 layers), most of all layers.1.fc: says layers.1.fc.',
      evidence: [{ name: 'l2', value: 1, where: 'layers.1.fc' }],
    });
  });

  it('takes severity and confidence from the worst, and what a hit says over what the rule says', () => {
    const hits = [
      hit('b.0', { strength: 9 }),
      hit('b.1', {
        severity: 'problem',
        confidence: 'certain',
        suggestion: 'now',
        techniques: [],
        caveats: ['of the hit'],
      }),
    ];
    expect(
      findingsOf(factsOf(measurements([layer('b.0'), layer('b.1')])), [rule('R', hits)]),
    ).toMatchObject([
      {
        severity: 'problem',
        confidence: 'certain',
        suggestion: 'now',
        techniques: [],
        caveats: ['of the rule', 'of the hit'],
        layers: ['b.1', 'b.0'],
      },
    ]);
  });

  it('puts the worst first: severity, confidence, size', () => {
    const layers = [layer('small', 1), layer('large', 1000), layer('sure', 1), layer('bad', 1)];
    const rules = [
      rule('R1', [hit('small')]),
      rule('R2', [hit('large')]),
      rule('R3', [hit('sure', { confidence: 'certain' })]),
      rule('R4', [hit('bad', { severity: 'warn', confidence: 'suggestive' })]),
      rule('R5', [{ confidence: 'strong', evidence: [], message: 'Of the model.' }]),
      rule('R6', [hit('small', { severity: 'info' })], { isFirst: true }),
    ];
    const findings = findingsOf(factsOf(measurements(layers)), rules);
    expect(findings.map(({ rule: id }) => id)).toEqual(['R6', 'R4', 'R3', 'R2', 'R5', 'R1']);
    expect(findings[4]).toMatchObject({ layers: [], message: 'Of the model.' });
  });

  it('stays short for three thousand layers', () => {
    const layers = Array.from({ length: 3000 }, (_, i) => layer(`model.layers.${i}.mlp`));
    const rules = [
      rule(
        'R',
        layers.map(({ name }) => hit(name)),
      ),
    ];
    const findings = findingsOf(factsOf(measurements(layers)), rules);
    expect(findings).toHaveLength(1);
    expect(findings[0]?.layers).toHaveLength(3000);
  });
});

describe('declared pruning', () => {
  it.each([
    ['a wrapper', { class_name: 'PruneLowMagnitude', config: { name: 'prune_fc' } }, 1],
    ['a sparsity_config', { quantization_config: { sparsity_config: { format: 'dense' } } }, 1],
    ['an empty one', { sparsity_config: {} }, 0],
    ['none', { class_name: 'Dense', config: { name: 'sparsity_config' } }, 0],
  ])('%s', (_, declared, count) => {
    const found = findingsOf(factsOf(measurements([], declared)), sparsity);
    expect(found.filter(({ rule: id }) => id === 'B7')).toHaveLength(count);
  });
});

describe('facts', () => {
  it('finds declared layers wherever they stand, and no types, losses or optimizers among them', () => {
    const dense = {
      class_name: 'keras>Dense',
      config: { name: 'fc', dtype: { class_name: 'DTypePolicy', config: { name: 'float32' } } },
    };
    const declared = {
      class_name: 'Functional',
      config: {
        name: 'model',
        layers: [{ class_name: 'Sequential', config: { name: 'inner', layers: [dense] } }],
      },
      compile_config: { optimizer: { class_name: 'Adam', config: { name: 'adam' } } },
    };
    const facts = factsOf(measurements([layer('inner/fc')], declared));
    expect(facts.declaredLayers.map(({ name, type }) => [name, type])).toEqual([
      ['model', 'Functional'],
      ['inner', 'Sequential'],
      ['fc', 'Dense'],
    ]);
    expect(facts.declaredOf(layer('inner/fc'))?.name).toBe('fc');
    expect(facts.declaredOf(layer('__proto__/x'))).toBeUndefined();
  });

  it('does not follow a configuration nested without end', () => {
    let declared: unknown = { class_name: 'Dense', config: { name: 'deep' } };
    for (let i = 0; i < 5000; i++) declared = { config: declared };
    expect(factsOf(measurements([], declared)).declaredLayers).toEqual([]);
  });

  it.each([
    ['fc.weight_orig'],
    ['fc.parametrizations.weight.original'],
    ['fc.parametrizations.weight.original0'],
    ['fc.weight_v'],
    ['base.fc.lora_A.default.weight'],
    ['base.fc.lora_B.weight'],
  ])('%s is only a part of a weight', (tensor) => {
    const part = {
      ...layer('fc'),
      tensor,
      shape: [64, 64],
      view: [64, 64] as const,
      metrics: { rms: 1, min: -1, max: 1 },
    };
    expect(factsOf(measurements([part])).eligible).toEqual([]);
    expect(factsOf(measurements([{ ...part, tensor: 'fc.weight' }])).eligible).toHaveLength(1);
  });
});
