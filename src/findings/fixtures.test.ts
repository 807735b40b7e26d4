import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { measuredFixture } from '../../test/support/measuredFixture';
import type { OptimizerRecord } from '../core/checkpoint';
import type { Confidence, Severity } from '../core/finding';
import type { Measurements } from '../core/report';
import { rules, withFindings } from '.';

const folder = join(__dirname, '../../test/fixtures/findings');
const cache = new Map<string, Promise<Measurements>>();

function measured(file: string): Promise<Measurements> {
  const known = cache.get(file);
  if (known) return known;
  const options = { withOperatorNorms: file === 'constructed.safetensors' };
  const measuring = measuredFixture(join(folder, file), options);
  cache.set(file, measuring);
  return measuring;
}

/** Layers of a fixture of which the rule says something; the empty string is the model. */
async function firing(file: string, rule: string): Promise<ReadonlySet<string>> {
  const { findings } = withFindings(await measured(file));
  const own = findings.filter((finding) => finding.rule === rule);
  return new Set(own.flatMap(({ layers }) => (layers.length === 0 ? [''] : layers)));
}

const trained = 'trained.safetensors';
const constructed = 'constructed.safetensors';
const recurrent = 'recurrent.safetensors';
const untouched = ['plain.fc2', 'l2.fc2'];

/** Rule, checkpoint, layers of which it must speak, and near misses of which it must not. */
const table: readonly (readonly [string, string, readonly string[], readonly string[]])[] = [
  ['A1', 'damaged.safetensors', ['fc1', 'fc2'], []],
  ['A2', constructed, ['constant'], ['nearly_constant']],
  ['A3', trained, ['start.fc2'], [...untouched, 'l1.fc2', 'gram.fc2']],
  ['A3', constructed, [], ['noise', 'unit', 'signal']],
  ['A3', 'recurrent.keras', ['lstm'], ['relu_rnn']],
  ['A4', 'frozen_norm.safetensors', ['bn2'], ['bn1']],
  ['A4', 'trained_norm.safetensors', [], ['bn1', 'bn2']],
  ['A5', 'frozen_norm.safetensors', ['bn1'], ['bn2']],
  ['A5', 'trained_norm.safetensors', [], ['bn1', 'bn2']],
  ['A6', 'narrow.safetensors', ['low', 'high'], ['fine']],
  ['A7', 'stack.safetensors', ['layers.6.fc'], ['layers.5.fc', 'layers.7.fc']],
  ['B1', trained, ['proximal.fc2', 'group.fc2', 'nonnegative.fc2'], [...untouched, 'l1.fc2']],
  ['B1', constructed, ['unstructured'], ['constant', 'one_dead']],
  ['B2', trained, ['l1.fc2'], [...untouched, 'proximal.fc2', 'gram.fc2', 'orthogonal.fc2']],
  ['B3', trained, ['l2.fc2'], ['l1.fc2', 'start.fc2']],
  ['B4', trained, ['group.fc2'], untouched],
  ['B4', constructed, ['dead'], ['one_dead', 'unstructured', 'constant']],
  ['B5', constructed, ['two_four'], ['unstructured', 'blocks']],
  ['B6', constructed, ['blocks'], ['unstructured', 'two_four']],
  ['B6', trained, [], ['group.fc2']],
  ['B7', 'parametrised.safetensors', ['pruned'], ['old', 'new', 'plain']],
  ['B8', 'rounded.safetensors', ['rounded'], ['pruned']],
  ['B1', 'rounded.safetensors', ['pruned'], ['rounded']],
  ['B9', constructed, ['embed_tokens'], ['token_type_embeddings']],
  ['D1', 'slimmed_norm.safetensors', ['bn2'], ['norm']],
  ['D1', 'trained_norm.safetensors', [], ['bn1', 'bn2']],
  ['D2', 'channels.pt', ['closed.1'], ['nearly_closed.1', 'smooth.1', 'amplified.1']],
  ['D2', 'channels.keras', ['direct'], ['smooth', 'residual']],
  ['D2', 'trained_norm.safetensors', [], ['bn1', 'bn2']],
  ['D3', 'channels.pt', ['amplified.1'], ['less_amplified.1', 'closed.1']],
  ['D3', 'frozen_norm.safetensors', ['bn1'], ['bn2']],
  ['D3', 'trained_norm.safetensors', [], ['bn1', 'bn2']],
  ['D4', 'frozen_norm.safetensors', ['bn2'], ['bn1', 'norm']],
  ['D5', 'slimmed_norm.safetensors', ['norm'], ['bn1', 'bn2']],
  ['D5', 'trained_norm.safetensors', [], ['norm']],
  ['E1', trained, ['gram.fc2'], [...untouched, 'start.fc2', 'orthogonal.fc2']],
  ['E2', trained, ['orthogonal.fc2'], ['gram.fc2', 'plain.fc2']],
  ['E2', 'recurrent.keras', ['relu_rnn/recurrent_kernel'], ['lstm/recurrent_kernel']],
  ['E3', constructed, ['duplicated'], ['noise', 'shifted']],
  ['E3', trained, ['clipped.fc2'], untouched],
  ['E4', constructed, ['related'], ['noise', 'shifted']],
  ['E5', constructed, ['collapsed'], ['conditioned', 'noise']],
  ['E6', constructed, ['conditioned'], ['conditioned_less', 'noise']],
  ['E7', 'loud.keras', [''], []],
  ['E7', 'even.keras', [], ['']],
  ['E8', constructed, ['kernel'], ['pointwise']],
  ['F1', 'parametrised.safetensors', ['old', 'new'], ['plain', 'pruned']],
  ['F1', 'recurrent.keras', ['wrapped/inner'], ['lstm']],
  ['F2', constructed, ['related'], ['noise', 'conditioned_less']],
  ['F3', trained, ['maxnorm.fc2'], [...untouched, 'orthogonal.fc2', 'l1.fc2']],
  ['F3', constructed, ['unit'], ['noise']],
  ['F4', trained, ['clipped.fc2'], [...untouched, 'start.fc2']],
  ['F4', constructed, ['ternary'], ['outlier']],
  ['F5', trained, ['nonnegative.fc2'], [...untouched, 'clipped.fc2']],
  ['G1', constructed, ['tail'], ['noise', 'signal']],
  ['G2', constructed, ['noise'], ['signal', 'tail']],
  ['G2', trained, [], ['start.fc2', 'plain.fc2']],
  ['G3', constructed, ['outlier', 'shifted'], ['noise', 'duplicated']],
  ['G4', constructed, ['outlier'], ['shifted', 'noise']],
  ['G5', constructed, ['structured'], ['signal', 'noise']],
  ['H1', recurrent, ['growing.weight_hh_l0'], ['plain.weight_hh_l0', 'opened.weight_hh_l0']],
  ['H1', 'recurrent.keras', ['relu_rnn/recurrent_kernel'], ['lstm/recurrent_kernel']],
  ['H2', recurrent, ['fading.weight_hh_l0'], ['plain.weight_hh_l0', 'closed.weight_hh_l0']],
  ['H3', recurrent, ['closed.weight_hh_l0', 'opened.weight_hh_l0'], ['plain.weight_hh_l0']],
  ['H4', recurrent, ['closed.weight_hh_l0'], ['opened.weight_hh_l0', 'plain.weight_hh_l0']],
  ['H5', recurrent, ['opened.weight_hh_l0'], ['closed.weight_hh_l0', 'plain.weight_hh_l0']],
];

describe('rules on checkpoints that were trained or made for them', () => {
  it.each(table)('%s in %s speaks of %j and not of %j', async (rule, file, fires, silent) => {
    const layers = await firing(file, rule);
    const names = new Set((await measured(file)).layers.map(({ name }) => name));
    for (const name of [...fires, ...silent]) if (name !== '') expect(names).toContain(name);
    for (const name of fires) expect(layers).toContain(name);
    for (const name of silent) expect(layers).not.toContain(name);
  });
});

const adamWithL2: OptimizerRecord = {
  name: 'Adam',
  groups: [
    { hyperparameters: { lr: 1e-3, weight_decay: 1e-3, betas: [0.9, 0.999] }, parameterCount: 2 },
  ],
};

/** What is said beside the bare fact. */
const said: readonly (readonly [string, string, string, Severity, Confidence, RegExp])[] = [
  ['A1', 'damaged.safetensors', 'fc1', 'problem', 'certain', /^fc1: 2 values of 64 in fc1\.weight/],
  [
    'A4',
    'frozen_norm.safetensors',
    'bn2',
    'problem',
    'strong',
    /although other weights were trained/,
  ],
  ['A4', 'fresh_norm.safetensors', 'bn1', 'note', 'strong', /at their initial values/],
  [
    'B1',
    trained,
    'proximal.fc2',
    'note',
    'strong',
    /consistent with pruning or a proximal L1 step/,
  ],
  ['B1', trained, 'nonnegative.fc2', 'note', 'strong', /rounding explains none/],
  ['B2', trained, 'l1.fc2', 'note', 'strong', /consistent with an L1 penalty/],
  ['B2', trained, 'maxnorm.fc2', 'note', 'suggestive', /consistent with an L1 penalty/],
  ['B4', trained, 'group.fc2', 'warn', 'strong', /filters of 48 are dead/],
  ['D2', 'channels.pt', 'closed.1', 'note', 'suggestive', /^closed\.1: 2 of 16 channels \(13 %\)/],
  ['D3', 'channels.pt', 'amplified.1', 'warn', 'strong', /almost no variance/],
  ['E1', trained, 'gram.fc2', 'note', 'strong', /consistent with an orthogonality penalty/],
  [
    'E2',
    'recurrent.keras',
    'relu_rnn/recurrent_kernel',
    'note',
    'certain',
    /declares an orthogonal recurrent_initializer/,
  ],
  ['E2', trained, 'orthogonal.fc2', 'note', 'certain', /does not tell which/],
  ['F1', 'recurrent.keras', 'wrapped/inner', 'info', 'certain', /in place/],
  ['F3', trained, 'maxnorm.fc2', 'note', 'strong', /max-norm constraint at 0\.7/],
  ['F3', constructed, 'unit', 'note', 'strong', /unit-norm constraint or weight normalisation/],
  ['F4', trained, 'clipped.fc2', 'note', 'strong', /±0\.05, consistent with clipping/],
  ['F4', constructed, 'ternary', 'note', 'strong', /consistent with ternary weights/],
  ['H1', recurrent, 'growing.weight_hh_l0', 'warn', 'suggestive', /tanh assumed/],
];

describe('what a finding says', () => {
  it.each(said)(
    '%s of %s, %s: %s, %s',
    async (rule, file, layer, severity, confidence, message) => {
      const { findings } = withFindings(await measured(file));
      const found = findings.find((one) => one.rule === rule && one.layers.includes(layer));
      expect(found).toMatchObject({ severity, confidence });
      expect(found?.message).toMatch(message);
    },
  );

  it.each([...new Set(table.map(([, file]) => file))])(
    'never says of numbers alone how the model of %s was trained',
    async (file) => {
      for (const finding of withFindings(await measured(file)).findings) {
        expect(finding.message).not.toMatch(/(was|were) trained with/);
        // What is counted is a fact; what is concluded from it is not.
        if (finding.class !== 'measured' || finding.confidence === 'certain') continue;
        expect(`${finding.rule} ${finding.message}`).toContain('consistent with');
      }
    },
  );

  it('recommends no regularizer for what was measured alone', () => {
    const measuredRules = rules.filter((rule) => rule.class === 'measured');
    for (const { id, suggestion = '' } of measuredRules) {
      if (!/penalty|dropout|try weight decay/.test(suggestion)) continue;
      expect(`${id} ${suggestion}`).toMatch(/\b(if|where) /i);
    }
  });

  it('is less sure of L1 where a few large weights alone make the others look small', async () => {
    const measurements = await measured(trained);
    const layers = measurements.layers.map((layer) => {
      const { rms } = layer.metrics;
      if (typeof rms !== 'number') return layer;
      const metrics = {
        ...layer.metrics,
        'quantile(0.01)': -0.9 * rms,
        'quantile(0.99)': 0.9 * rms,
      };
      return { ...layer, metrics };
    });
    const { findings } = withFindings({ ...measurements, layers });
    const found = findings.find(({ rule, layers: [name] }) => rule === 'B2' && name === 'l1.fc2');
    expect(found?.confidence).toBe('suggestive');
    expect(found?.caveats.join()).toContain('raise the RMS');
  });

  it.each([
    ['light tails', { exkurt: 1.2 }, [], 'The tails are light'],
    ['an L2 penalty that Adam rescales', {}, [adamWithL2], 'adaptive optimizers rescale'],
  ])('is less sure of L1 with %s', async (_, changed, optimizers, caveat) => {
    const measurements = await measured(trained);
    const checkpoint = { ...measurements.checkpoint, optimizers };
    const layers = measurements.layers.map((layer) => ({
      ...layer,
      metrics: { ...layer.metrics, ...changed },
    }));
    const { findings } = withFindings({ ...measurements, checkpoint, layers });
    const found = findings.find(({ rule, layers: [name] }) => rule === 'B2' && name === 'l1.fc2');
    expect(found?.confidence).toBe('suggestive');
    expect(found?.caveats.join()).toContain(caveat);
  });

  it.each([
    [0.05, []],
    [0.084, ['maxnorm.fc2']],
  ])('with %d of 48 filters at the limit speaks of a max-norm for %j', async (share, expected) => {
    const measurements = await measured(trained);
    const layers = measurements.layers
      .filter(({ name }) => name === 'maxnorm.fc2')
      .map((layer) => ({ ...layer, metrics: { ...layer.metrics, 'pileup.maxnorm': share } }));
    const { findings } = withFindings({ ...measurements, layers });
    expect(findings.filter(({ rule }) => rule === 'F3').flatMap((one) => one.layers)).toEqual(
      expected,
    );
  });

  it('takes no mask for a damaged weight', async () => {
    const text = JSON.stringify(withFindings(await measured('damaged.safetensors')).findings);
    expect(text).toContain('fc2.bias');
    expect(text).not.toContain('attn_bias');
  });

  it('is plain JSON and holds no number that is not one', async () => {
    const { findings } = withFindings(await measured('damaged.safetensors'));
    expect(JSON.parse(JSON.stringify(findings))).toEqual(findings);
  });
});
