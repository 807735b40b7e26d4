import type { Framework } from '../../core/checkpoint';
import type { CompanionChange, LayerPair } from '../../core/comparison';
import { FormatError } from '../../core/errors';
import { plainView } from '../../core/matrixView';
import { elementCountOf, type Role } from '../../core/tensor';
import type { Layer } from '../layers';
import { changeSpectrum, changeWork, spectrumUse } from './changeSpectrum';
import { companionPairs } from './companions';
import type { PairEntry } from './pairEntry';
import { readDifference, type ReadingOptions, type WeightPair } from './layerChange';
import { pairViews } from './pairViews';
import type { SpectrumBudget } from './spectrumBudget';

export interface PairSides {
  readonly a: Layer;
  readonly b: Layer;
  readonly frameworks: { readonly a: Framework; readonly b: Framework };
  readonly roles: { readonly a: ReadonlyMap<string, Role>; readonly b: ReadonlyMap<string, Role> };
}

export interface PairOptions extends ReadingOptions {
  readonly maxSpectrumSide: number;
  readonly budget: SpectrumBudget;
}

/** Compares the weights of one pair and what goes with them, and notes it in the entry. What cannot be compared says why. */
export async function comparePair(
  entry: PairEntry,
  sides: PairSides,
  options: PairOptions,
): Promise<void> {
  const missing: LayerPair['missing'][number][] = [];
  const isTransposed = entry.matched.match.isTransposed === true;
  const views = pairViews(sides.a, sides.b, { frameworks: sides.frameworks, isTransposed });
  if (typeof views === 'string') {
    missing.push({ part: 'change', reason: views });
  } else {
    const pair = { a: sides.a.weight, b: sides.b.weight, views };
    await compareWeights(entry, pair, missing, { ...options, role: sides.a.role });
  }
  entry.companions = await companionChanges(sides, missing, options);
  entry.missing = missing;
  entry.state = 'done';
}

async function compareWeights(
  entry: PairEntry,
  pair: WeightPair,
  missing: LayerPair['missing'][number][],
  options: PairOptions & { readonly role: Role },
): Promise<void> {
  const { budget } = options;
  const planned = spectrumUse(pair, options.role, options.maxSpectrumSide);
  const work = changeWork(pair.views.a);
  const refusal = 'reason' in planned ? planned.reason : budget.refusal(work);
  const use = 'reason' in planned || refusal !== undefined ? 'figures' : planned.use;
  const finish = budget.start();
  const difference = await sayFault(missing, 'change', () => readDifference(pair, use, options));
  if (!difference) return;
  entry.change = difference.change;
  const { nonFinite, changedCount } = difference.change;
  const bad = nonFinite.a + nonFinite.b;
  const reason =
    bad > 0
      ? `${nonFinite.a} elements of A and ${nonFinite.b} of B are not finite`
      : changedCount === 0
        ? 'no element has changed'
        : refusal;
  if (reason !== undefined) {
    missing.push({ part: 'spectrum', reason });
    return;
  }
  const spectrum = await sayFault(missing, 'spectrum', () =>
    changeSpectrum(pair, difference, options),
  );
  finish(work);
  if (spectrum) entry.changeSpectrum = spectrum;
}

async function companionChanges(
  { a, b, roles }: PairSides,
  missing: LayerPair['missing'][number][],
  options: ReadingOptions,
): Promise<readonly CompanionChange[]> {
  const changes: CompanionChange[] = [];
  for (const companion of companionPairs(a, b, roles)) {
    const view = plainView(1, elementCountOf(companion.a.shape));
    if (view.columns === 0) continue;
    const pair = { ...companion, views: { a: view, b: view, isSameOrder: true } };
    const read = await sayFault(missing, 'companions', () =>
      readDifference(pair, 'figures', options),
    );
    if (!read) continue;
    const { role } = companion;
    changes.push({ a: companion.a.name, b: companion.b.name, role, change: read.change });
  }
  return changes;
}

/** The file's fault, and a limit or an iteration that does not converge, are said of the pair; anything else passes on. */
async function sayFault<T>(
  missing: LayerPair['missing'][number][],
  part: LayerPair['missing'][number]['part'],
  task: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof FormatError) && !(error instanceof RangeError)) throw error;
    missing.push({ part, reason: error.message });
    return undefined;
  }
}
