import { counted } from '../core/words';
import type { Comparison, LayerPair } from '../core/comparison';
import { printable } from '../core/printable';
import { percent, threeDigits } from './columns';
import { relativeChange } from './compareSort';

export interface PairColumn {
  readonly heading: string;
  readonly align: 'left' | 'right';
  cell(pair: LayerPair): string;
}

const number = (value: number | undefined, text: (value: number) => string): string =>
  value === undefined ? '–' : value === Infinity ? '∞' : text(value);

const metricColumn = (
  heading: string,
  id: string,
  text: (value: number) => string,
): PairColumn => ({
  heading,
  align: 'right',
  cell: ({ metrics }) => {
    const metric = Object.hasOwn(metrics, id) ? metrics[id] : undefined;
    const [a, b] = [number(metric?.a, text), number(metric?.b, text)];
    return a === b ? a : `${a} → ${b}`;
  },
});

const columns: readonly PairColumn[] = [
  { heading: 'layer', align: 'left', cell: layerText },
  { heading: 'shape', align: 'right', cell: shapeText },
  {
    heading: '‖ΔW‖/‖W‖',
    align: 'right',
    cell: ({ change }) => number(change && relativeChange(change), threeDigits),
  },
  { heading: 'cosine', align: 'right', cell: ({ change }) => number(change?.cosine, cosineText) },
  {
    heading: 'changed',
    align: 'right',
    cell: ({ change }) => number(change?.changedFraction, percent),
  },
  metricColumn('zeros', 'zero.frac', percent),
  {
    heading: 'rank ΔW',
    align: 'right',
    cell: ({ changeSpectrum }) => number(changeSpectrum?.effectiveRank, threeDigits),
  },
  {
    heading: 'top 4',
    align: 'right',
    cell: ({ changeSpectrum }) => number(changeSpectrum?.energy.top4, percent),
  },
];

/** The usual columns, and the metric by which is sorted. */
export function pairColumns(sort: string, isMetric: boolean): readonly PairColumn[] {
  return isMetric && sort !== 'zero.frac'
    ? [...columns, metricColumn(sort, sort, threeDigits)]
    : columns;
}

/** The name in B, after that in A where it is another by more than a wrapper. */
export function layerText({ a, b, match }: LayerPair): string {
  return a.name === b.name || match.by === 'normalised-name'
    ? printable(b.name)
    : `${printable(a.name)} → ${printable(b.name)}`;
}

function shapeText({ a, b, match }: LayerPair): string {
  const [before, after] = [a.view ?? a.shape, b.view ?? b.shape].map((shape) => shape.join('×'));
  if (match.isTransposed) return `${before ?? ''} ᵀ`;
  return before === after ? (after ?? '') : `${before ?? ''} → ${after ?? ''}`;
}

/** Near 1 what counts is how far from it. */
function cosineText(value: number): string {
  return value > 0.999 && value < 1 ? `1 − ${(1 - value).toExponential(1)}` : threeDigits(value);
}

/** One line: what was compared and how much has changed. */
export function headline({ totals, pairs, a, b }: Comparison): string {
  const { pairCount, comparedCount, identicalCount, relative, largestRelative } = totals;
  const changed = comparedCount - identicalCount;
  const parts = [
    changed === 0
      ? `no weight changed in ${counted(comparedCount, 'layer')}`
      : `${changed} of ${counted(pairCount, 'layer')} changed`,
  ];
  if (relative !== undefined && relative > 0) parts.push(`‖ΔW‖/‖W‖ ${threeDigits(relative)}`);
  if (largestRelative && largestRelative.value > 0) {
    const { layer, value } = largestRelative;
    parts.push(`largest ${threeDigits(value)} in ${printable(layer)}`);
  }
  const broken = pairs.filter(({ change }) => change && relativeChange(change) === Infinity).length;
  if (broken > 0) parts.push(`${counted(broken, 'layer')} beyond measure`);
  const [before, after] = [a.totals.zeroFraction, b.totals.zeroFraction];
  if (before !== undefined && after !== undefined && before !== after) {
    parts.push(`zeros ${percent(before)} → ${percent(after)}`);
  }
  if (pairCount > comparedCount) parts.push(`${pairCount - comparedCount} not comparable`);
  const { unmatchedA, unmatchedB } = totals;
  if (unmatchedA > 0) parts.push(`${unmatchedA} only in A`);
  if (unmatchedB > 0) parts.push(`${unmatchedB} only in B`);
  return parts.join(' · ');
}

/** What stands below the table, in words. */
export function remarks({ pairs, unmatched, findings, notices }: Comparison): readonly string[] {
  const leftOut = pairs.filter(
    ({ change, changeSpectrum, missing }) =>
      change !== undefined &&
      !changeSpectrum &&
      missing.some(({ part, reason }) => part === 'spectrum' && reason.startsWith('left out')),
  ).length;
  return [
    ...notices.map(({ severity, message }) => `${severity}: ${printable(message)}`),
    ...matchRemarks(pairs),
    ...pairs.flatMap((pair) => [
      ...pair.missing
        .filter(({ part }) => part !== 'spectrum')
        .map(({ reason }) => `${layerText(pair)}: ${printable(reason)}`),
      ...nonFiniteText(pair),
      ...pair.companions
        .filter(({ change }) => change.changedCount > 0 && pair.change?.changedCount === 0)
        .map(({ b }) => `${layerText(pair)}: only ${printable(b)} has changed`),
    ]),
    ...(leftOut > 0
      ? [`${counted(leftOut, 'layer')} without a spectrum of ΔW; --json says why`]
      : []),
    ...unmatched.a.map(({ name, shape }) => `only in A: ${printable(name)} (${shape.join('×')})`),
    ...unmatched.b.map(({ name, shape }) => `only in B: ${printable(name)} (${shape.join('×')})`),
    ...findings.appeared.map(({ title, layers }) => `new finding: ${findingText(title, layers)}`),
    ...findings.gone.map(({ title, layers }) => `finding gone: ${findingText(title, layers)}`),
  ];
}

/** How layers of other names were matched; those that were matched alike in one line. */
function matchRemarks(pairs: readonly LayerPair[]): readonly string[] {
  const groups = new Map<string, LayerPair[]>();
  for (const pair of pairs) {
    const { by, confidence, detail = '' } = pair.match;
    if (by === 'name' && confidence === 1) continue;
    const key = `${by} ${confidence} ${by === 'renamed-prefix' ? detail : ''}`;
    const group = groups.get(key);
    if (group) group.push(pair);
    else groups.set(key, [pair]);
  }
  return [...groups.values()].map((group) => {
    const [first] = group;
    if (!first) return '';
    const [before, after] = [printable(first.a.name), printable(first.b.name)];
    const names = before === after ? after : `${before} → ${after}`;
    const others = group.length === 1 ? '' : ` and ${counted(group.length - 1, 'other layer')}`;
    return `${names}${others}: matched by ${matchText(first.match, group.length === 1 || first.match.by === 'renamed-prefix')}`;
  });
}

function matchText({ by, confidence, detail }: LayerPair['match'], isOfAll: boolean): string {
  const words = {
    name: 'name',
    'normalised-name': 'name without wrappers',
    'renamed-prefix': 'renamed prefix',
    'shape-and-order': 'shape and order',
    weights: 'weights',
  } as const;
  const why = detail === undefined || !isOfAll ? '' : `, ${printable(detail)}`;
  return `${words[by]}${why} (confidence ${threeDigits(confidence)})`;
}

function nonFiniteText(pair: LayerPair): readonly string[] {
  const { nonFinite } = pair.change ?? {};
  if (!nonFinite || nonFinite.a + nonFinite.b === 0) return [];
  return [`${layerText(pair)}: ${nonFinite.a} values not finite in A, ${nonFinite.b} in B`];
}

function findingText(title: string, layers: readonly string[]): string {
  return layers.length > 0
    ? `${printable(title)} (${layers.map(printable).join(', ')})`
    : printable(title);
}
