import { html, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';

import type { PairDetail, PairRow } from '../../src/protocol/compareApi';
import type { Side } from '../../src/protocol/compareViewApi';
import { cosinesChart } from '../charts/cosines';
import { colours } from '../charts/plot';
import { cosinesMatrix, cosinesSummary, cosinesTable } from '../charts/similarity';
import { formatFraction, formatNumber } from '../format';
import type { ChartBox } from '../views/chart';
import type { CompareActions } from './actions';
import { spectraChart, type Stroke } from './overlay';
import { drawnSpectrum, middleOf, spectraSummary, spectraTable } from './points';
import type { CompareState } from './state';

const largestMap = 220;

interface Scene {
  readonly row: PairRow;
  readonly detail: PairDetail;
  readonly width: number;
  readonly state: CompareState;
  readonly actions: CompareActions;
}

/** The charts of a pair: always the same ones, in the same places. */
export function pairChartsOf(scene: Scene): readonly ChartBox[] {
  return [spectra(scene), change(scene), cosines(scene, 'a'), cosines(scene, 'b')];
}

function spectra({ detail, width }: Scene): ChartBox {
  const a = detail.spectra.a && drawnSpectrum('A', detail.spectra.a);
  const b = detail.spectra.b && drawnSpectrum('B', detail.spectra.b);
  // Names stand on the outer sides of the two lines: between them they would be taken for the other's.
  const isAHigher = middleOf(a) > middleOf(b);
  const strokes: readonly Stroke[] = [
    ...(a
      ? [
          {
            spectrum: a,
            colour: colours.reference,
            dash: '5 3',
            at: 0.4,
            side: isAHigher ? ('above' as const) : ('below' as const),
          },
        ]
      : []),
    ...(b
      ? [
          {
            spectrum: b,
            colour: colours.data,
            at: 0.4,
            side: isAHigher ? ('below' as const) : ('above' as const),
          },
        ]
      : []),
  ];
  const drawn = strokes.map(({ spectrum }) => spectrum);
  const reasons = (['a', 'b'] as const).flatMap((side) => {
    const reason = detail.absent[`spectra.${side}`];
    return detail.spectra[side] || reason === undefined ? [] : [`${nameOf(side)}: ${reason}`];
  });
  return {
    key: 'spectra',
    title: 'Singular values',
    absent: drawn.length === 0 ? reasons.join('; ') || 'Not measured yet' : undefined,
    summary: spectraSummary(drawn),
    table: () => spectraTable(drawn),
    content: () =>
      html`${guard([detail, width], () => spectraChart(strokes, width))}
        <p class="caption muted">
          ${reasons.length > 0 ? reasons.join('; ') : 'A dashed, B solid'}
        </p>`,
  };
}

function change({ row, detail, width }: Scene): ChartBox {
  const points = detail.spectra.change;
  const drawn = points ? [drawnSpectrum('ΔW', points)] : [];
  const figures = row.changeSpectrum;
  return {
    key: 'change',
    title: 'Singular values of ΔW',
    absent: points ? undefined : (detail.absent['spectra.change'] ?? 'Not compared yet'),
    summary: spectraSummary(drawn),
    table: () => spectraTable(drawn),
    content: () =>
      html`${guard([detail, figures, width], () =>
          spectraChart(
            drawn.map((spectrum) => ({
              spectrum,
              colour: colours.data,
              at: 0.5,
              side: 'above' as const,
            })),
            width,
            figures && { value: figures.floor, text: 'rounding' },
          ),
        )}
        <p class="caption muted">${figures ? energyText(figures) : ''}</p>`,
  };
}

function energyText({ energy }: NonNullable<PairRow['changeSpectrum']>): string {
  return `Share of ‖ΔW‖² in 1, 4 and 16 directions: ${[energy.top1, energy.top4, energy.top16]
    .map(formatFraction)
    .join(', ')}`;
}

function cosines({ detail, width, state, actions }: Scene, side: Side): ChartBox {
  const own = detail.cosines[side];
  const key = `cosines-${side}`;
  const title = `Cosines in ${nameOf(side)}`;
  if (!own) {
    return { key, title, absent: detail.absent[`cosines.${side}`] ?? 'Fewer than two filters' };
  }
  // Both in the order of A, where that is possible: only then the same place is the same pair of filters.
  const first = detail.cosines.a;
  const map = first?.size === own.size ? { ...own, order: first.order } : own;
  const { filterOrder } = state.view;
  const other = filterOrder === 'similarity' ? 'natural' : 'similarity';
  const pixels = Math.min(width, largestMap);
  return {
    key,
    title,
    summary: cosinesSummary(map),
    table: () => cosinesTable(map),
    copied: () => cosinesMatrix(map),
    tools: html`<button
      class="link"
      title="Filters are in ${filterOrder} order, in both maps; change to ${other} order"
      @click=${() => actions.change({ filterOrder: other })}
    >
      reorder
    </button>`,
    content: () =>
      html`${guard([own, pixels, filterOrder, state.ui.theme], () =>
        cosinesChart(map, filterOrder, undefined, pixels),
      )}${ramp(pixels)}`,
  };
}

function ramp(width: number): TemplateResult {
  return html`<p class="key" style="width: ${width}px">
    <span>−1 opposite</span><span class="ramp" aria-hidden="true"></span><span>alike 1</span>
  </p>`;
}

/** `A` or `B`, as the page calls the two. */
export function nameOf(side: Side): string {
  return side === 'a' ? 'A' : 'B';
}

/** Numbers of a change that are said in words where there is room: the largest element, how many changed. */
export function changeFacts({ change, changeSpectrum }: PairRow): readonly string[] {
  if (!change) return [];
  const broken = change.nonFinite.a + change.nonFinite.b;
  return [
    `${formatFraction(change.changedFraction)} of the weights changed`,
    `largest change ${formatNumber(change.largest)}`,
    ...(change.zerosGone > 0 ? [`${change.zerosGone} zeros gone`] : []),
    ...(changeSpectrum
      ? [`rank ${formatNumber(changeSpectrum.effectiveRank)} of ${changeSpectrum.count}`]
      : []),
    ...(broken > 0 ? [`not finite: ${change.nonFinite.a} in A, ${change.nonFinite.b} in B`] : []),
  ];
}
