import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';

import type { LayerDetail, LayerRow } from '../../src/protocol/layers';
import type { Actions } from '../actions';
import { cosinesChart } from '../charts/cosines';
import { histogramSummary, histogramTable } from '../charts/histogram';
import { normsChart, normsSummary, normsTable } from '../charts/norms';
import { chartHeight } from '../charts/plot';
import { cosinesMatrix, cosinesSummary, cosinesTable, pairsTable } from '../charts/similarity';
import { spectrumOf, spectrumSummary, spectrumTable } from '../charts/spectra';
import { spectrumChart } from '../charts/spectrum';
import { weightsChart } from '../charts/weights';
import { zerosChart, zerosSummary, zerosTable } from '../charts/zeros';
import { formatNumber, plural } from '../format';
import type { PageState } from '../state';
import type { ChartBox } from './chart';

const largestMap = 220;

interface Scene {
  readonly row: LayerRow;
  readonly detail: LayerDetail;
  readonly width: number;
  readonly state: PageState;
  readonly actions: Actions;
}

/** The charts of a layer: always the same ones, in the same places. */
export function chartsOf(scene: Scene): readonly ChartBox[] {
  return [
    weights(scene),
    spectrum(scene),
    cosines(scene),
    norms(scene),
    zeros(scene),
    pairs(scene),
  ];
}

function weights({ detail, width, state, actions }: Scene): ChartBox {
  const { weightScale } = state.view;
  const other = weightScale === 'linear' ? 'log' : 'linear';
  const { histogram } = detail;
  const { zeros } = histogram;
  return {
    key: 'histogram',
    title: 'Weights',
    absent: detail.absent['histogram'],
    summary: histogramSummary(histogram),
    table: () => histogramTable(histogram, weightScale),
    tools: html`<button class="link" @click=${() => actions.change({ weightScale: other })}>
      ${weightScale === 'linear' ? 'log |w|' : 'linear w'}
    </button>`,
    content: () =>
      html`${guard([detail, width, weightScale], () => weightsChart(histogram, weightScale, width))}
        <p class="caption muted">
          ${zeros > 0 ? `${plural(zeros, 'exact zero')} not drawn` : 'No exact zeros'}
        </p>`,
  };
}

function spectrum({ row, detail, width, actions }: Scene): ChartBox {
  const values = detail.arrays['singular_values'] ?? [];
  const missing = row.missing.find(({ family }) => family === 'spectrum')?.reason;
  const absent =
    detail.absent['spectrum'] ?? (values.length > 0 ? undefined : (missing ?? 'Not measured yet'));
  const drawn = spectrumOf(row, values);
  return {
    key: 'spectrum',
    title: 'Singular values',
    absent,
    remedy: canMeasure(row)
      ? html`<vscode-button
          appearance="secondary"
          @click=${() => actions.ask((host) => host.measureNow(row.index))}
          >Measure now</vscode-button
        >`
      : nothing,
    summary: spectrumSummary(drawn),
    table: () => spectrumTable(drawn),
    content: () =>
      html`${guard([detail, row.metrics, width], () => spectrumChart(drawn, width))}
        <p class="caption muted">
          ${
            drawn.bulk
              ? `Shaded: where random weights of this size lie (Marchenko–Pastur)`
              : 'No Marchenko–Pastur fit'
          }
        </p>
        ${howMeasured(row, actions)}`,
  };
}

/** How exact the spectrum is where it is not, and what can be measured beside it. */
function howMeasured(row: LayerRow, actions: Actions): TemplateResult | typeof nothing {
  const { precision, state, role, metrics } = row;
  const measure = (label: string): TemplateResult =>
    html`<button class="link" @click=${() => actions.ask((host) => host.measureNow(row.index))}>
      ${label}
    </button>`;
  if (precision !== undefined) {
    const text =
      precision === 'f32'
        ? 'Preview in single precision, good to 0.05 % of the largest.'
        : 'Estimate by stochastic Lanczos quadrature; the smallest are not resolved.';
    const side = Math.min(...(row.view ?? [0]));
    const canAsk = state === 'done' && side <= maxExactSide;
    return html`<p class="caption muted">
      ${text} ${canAsk ? measure('Measure exactly') : nothing}
    </p>`;
  }
  if (role !== 'conv' || state !== 'done') return nothing;
  const norm = metrics['conv.sigma1_fft'];
  return html`<p class="caption muted">
    ${
      norm === undefined
        ? html`As an operator on images it stretches by another factor.
          ${measure('Measure the operator norm')}`
        : html`As an operator on images it stretches by up to ${formatNumber(norm)}.`
    }
  </p>`;
}

/** Larger Gram matrices are not formed, whoever asks. */
const maxExactSide = 8192;

/** A vector has no spectrum, and no effort gives a matrix with NaN one. */
function canMeasure({ view, metrics }: LayerRow): boolean {
  const { n_nan = 0, n_pinf = 0, n_ninf = 0 } = metrics;
  return view !== undefined && n_nan + n_pinf + n_ninf === 0;
}

function cosines({ detail, width, state, actions }: Scene): ChartBox {
  const map = detail.cosines;
  const { filterOrder } = state.view;
  const other = filterOrder === 'similarity' ? 'natural' : 'similarity';
  const { pair, theme } = state.ui;
  const side = Math.min(width, largestMap);
  if (!map) {
    return {
      key: 'cosines',
      title: 'Filter cosines',
      absent: detail.absent['cosines'] ?? 'Fewer than two filters',
    };
  }
  return {
    key: 'cosines',
    title: 'Filter cosines',
    absent: detail.absent['cosines'],
    summary: cosinesSummary(map),
    table: () => cosinesTable(map),
    copied: () => cosinesMatrix(map),
    tools: html`<button
      class="link"
      title="Order of the filters: ${filterOrder}"
      @click=${() => actions.change({ filterOrder: other })}
    >
      ${other} order
    </button>`,
    content: () =>
      html`${guard([map, side, filterOrder, pair, theme], () =>
          cosinesChart(map, filterOrder, pair, side),
        )}
        <p class="key" style="width: ${side}px">
          <span>−1 opposite</span><span class="ramp" aria-hidden="true"></span><span>alike 1</span>
        </p>`,
  };
}

function norms({ detail, width }: Scene): ChartBox {
  const values = detail.arrays['row.l2'] ?? [];
  return {
    key: 'norms',
    title: 'Norm per filter',
    absent: detail.absent['norms'] ?? (values.length > 0 ? undefined : 'Not measured yet'),
    summary: normsSummary(values),
    table: () => normsTable(values),
    content: () => guard([detail, width], () => normsChart(values, width)),
  };
}

function zeros({ detail, width, state }: Scene): ChartBox {
  const map = detail.zeros;
  if (!map) {
    return {
      key: 'zeros',
      title: 'Where the zeros are',
      absent: detail.absent['zeros'] ?? 'Not measured yet',
    };
  }
  const shape = map.rows / Math.max(1, map.columns);
  const height = Math.round(Math.max(60, Math.min(chartHeight, width * shape)));
  return {
    key: 'zeros',
    title: 'Where the zeros are',
    absent: detail.absent['zeros'],
    summary: zerosSummary(map),
    table: () => zerosTable(map),
    content: () =>
      guard([map, width, height, state.ui.theme], () => zerosChart(map, width, height)),
  };
}

function pairs({ detail, state, actions }: Scene): ChartBox {
  const { pair } = state.ui;
  const absent =
    detail.absent['pairs'] ?? (detail.pairs.length > 0 ? undefined : 'No two filters are alike');
  return {
    key: 'pairs',
    title: 'Most similar filters',
    absent,
    summary: plural(detail.pairs.length, 'pair'),
    table: () => pairsTable(detail.pairs),
    content: () =>
      html`<ol class="pairs">
        ${detail.pairs.map(({ i, j, cosine }) => {
          const chosen = pair?.[0] === i && pair[1] === j;
          return html`<li>
            <button
              aria-pressed=${chosen}
              title=${detail.cosines ? 'Show in the heat map' : nothing}
              @click=${() => actions.show({ pair: chosen ? undefined : [i, j] })}
            >
              <span>filter ${i} and filter ${j}</span><span>cos ${formatNumber(cosine)}</span>
            </button>
          </li>`;
        })}
      </ol>`,
  };
}
