/** What weights themselves say of the techniques that leave marks in them. */
import { counted } from '../../core/words';
import type { Evidence } from '../../core/finding';
import type { LayerReport } from '../../core/report';
import { activeSightings } from '.';
import { numberOf, numbersOf, type Facts } from '../facts';
import { atLeast, atMost, digits, percent } from '../text';
import { groupFacts } from './optimizers';

export interface WeightSign {
  readonly message: string;
  readonly evidence: readonly Evidence[];
}

/** The mark of a technique in the weights, if there is one. Consistent with it, never proof. */
export function measuredSign(technique: string, facts: Facts): WeightSign | undefined {
  if (technique === 'l1') return sparseSign(facts) ?? pileUpSign(facts);
  if (technique === 'orthogonality') return orthogonalSign(facts);
  return undefined;
}

/** That there is no mark, where a penalty would usually leave one; empty where nothing was measured. */
export function noSign(technique: 'l1' | 'orthogonality', facts: Facts): string {
  const metric = technique === 'l1' ? 'near.excess(1e-2)' : 'OI_small';
  const values = facts.eligible.flatMap((layer) => numberOf(layer, metric) ?? []);
  if (values.length === 0) return '';
  if (technique === 'l1' && Math.max(...values) >= facts.threshold('soft-sparsity.suggestive')) {
    return 'Weights pile up near zero, which the L2 penalty that is known explains as well.';
  }
  return technique === 'l1'
    ? `No layer has more weights near zero than chance (${digits(Math.max(...values), 2)} times at most), which speaks against a strong one.`
    : `No layer's rows are closer to orthogonal than chance (index ${digits(Math.min(...values), 2)} at least), which speaks against a strong one.`;
}

function sparseSign(facts: Facts): WeightSign | undefined {
  const limit = facts.threshold('exact-sparsity.note');
  const sparse = valuesOf(
    facts,
    'zero.frac',
    (value, layer) => value - (numberOf(layer, 'zero.expected_quant') ?? 0) >= limit,
  );
  const [most] = sparse;
  if (!most) return undefined;
  return {
    message: `${counted(sparse.length, 'layer')} ${sparse.length === 1 ? 'has' : 'have'} exact zeros (${most.layer.name}: ${percent(most.value)}), consistent with proximal L1 or pruning; which of them the weights cannot tell.`,
    evidence: evidenceOf(sparse, 'zero.frac', atLeast(limit)),
  };
}

/**
 * L2 that an adaptive optimizer rescales drives weights with small gradients to zero just as L1 does (Mehta, Kim & Theobalt,
 * CVPR 2019): of the networks of docs/evidence.md it alone looked like L1 without it. Where it is known, it explains the pile-up.
 */
export function hasCoupledL2(facts: Facts): boolean {
  const isRecorded = groupFacts(facts).some(
    ({ coupling, weightDecay }) => coupling === 'coupled' && (weightDecay ?? 0) > 0,
  );
  return (
    isRecorded || activeSightings(facts, 'l2').some(({ name }) => name.includes('regularizer'))
  );
}

function pileUpSign(facts: Facts): WeightSign | undefined {
  if (hasCoupledL2(facts)) return undefined;
  const limit = facts.threshold('soft-sparsity.suggestive');
  const found = valuesOf(facts, 'near.excess(1e-2)', (value) => value >= limit);
  const [most] = found;
  if (!most) return undefined;
  return {
    message: `${counted(found.length, 'layer')} ${found.length === 1 ? 'has' : 'have'} many more weights near zero than chance (${most.layer.name}: ${digits(most.value, 2)} times), consistent with an L1 penalty. Its strength cannot be told.`,
    evidence: evidenceOf(found, 'near.excess(1e-2)', atLeast(limit)),
  };
}

function orthogonalSign(facts: Facts): WeightSign | undefined {
  const limit = facts.threshold('orthogonality.index');
  const spread = facts.threshold('orthogonality.isometry');
  const found = facts.eligible.flatMap((layer) => {
    const values = numbersOf(layer, 'OI_small', 'oi.z', 'isometry.ratio');
    const side = Math.min(...(layer.view ?? [0, 0])) / layer.blocks;
    if (!values || side < facts.threshold('orthogonality.side')) return [];
    const isMarked =
      values.OI_small <= limit &&
      values['oi.z'] >= facts.threshold('orthogonality.z') &&
      values['isometry.ratio'] <= spread;
    return isMarked ? [{ layer, value: values.OI_small }] : [];
  });
  found.sort((a, b) => a.value - b.value);
  const [most] = found;
  if (!most) return undefined;
  return {
    message: `${counted(found.length, 'layer')} ${found.length === 1 ? 'is' : 'are'} closer to orthogonal than chance (${most.layer.name}: index ${digits(most.value, 2)}), consistent with a penalty, a constraint, or an orthogonal start and little training.`,
    evidence: evidenceOf(found, 'OI_small', atMost(limit)),
  };
}

interface Value {
  readonly layer: LayerReport;
  readonly value: number;
}

/** Layers that pass, the largest value first. */
function valuesOf(
  facts: Facts,
  metric: string,
  passes: (value: number, layer: LayerReport) => boolean,
): readonly Value[] {
  return facts.eligible
    .flatMap((layer): Value[] => {
      const value = numberOf(layer, metric);
      return value !== undefined && passes(value, layer) ? [{ layer, value }] : [];
    })
    .sort((a, b) => b.value - a.value);
}

function evidenceOf(found: readonly Value[], name: string, threshold: string): readonly Evidence[] {
  return found
    .slice(0, 10)
    .map(({ layer, value }) => ({ name, value, threshold, where: layer.name }));
}
