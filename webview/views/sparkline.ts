import { html, nothing, svg, type TemplateResult } from 'lit';

import type { LayerRow } from '../../src/protocol/layers';
import { formatNumber } from '../format';

const width = 72;
const height = 16;

/** Singular values by rank, σ₁ at the top left, and a tick where the bulk of a random matrix of this size ends. */
export function sparkline(row: LayerRow, running: boolean): TemplateResult {
  const values = row.sparkline ?? [];
  if (values.length === 0) {
    const missing = row.missing.find(({ family }) => family === 'spectrum');
    const pending = running && row.state !== 'done' && !missing;
    const reason = missing?.reason ?? 'No spectrum was computed for this layer';
    return html`<div role="gridcell" class="spark" title=${pending ? nothing : reason}>
      ${pending ? '…' : '–'}${
        pending ? nothing : html`<span class="visually-hidden"> ${reason}</span>`
      }
    </div>`;
  }
  const edge = edgeOf(row);
  const x = (index: number): number =>
    values.length < 2 ? 0 : (index / (values.length - 1)) * width;
  const y = (share: number): number => height - 1 - Math.max(0, Math.min(1, share)) * (height - 2);
  const line = values.map((share, index) => `${x(index).toFixed(1)},${y(share).toFixed(1)}`);
  const area = `0,${height} ${line.join(' ')} ${width},${height}`;
  const last = values.at(-1) ?? 0;
  const text = `σ falls to ${formatNumber(last)} of σ₁${edge === undefined ? '' : `; random bulk ends at ${formatNumber(edge)}`}`;
  return html`<div role="gridcell" class="spark" title=${text}>
    <svg
      width=${width}
      height=${height}
      viewBox="0 0 ${width} ${height}"
      role="img"
      aria-label=${text}
    >
      <polygon points=${area}></polygon>
      <polyline points=${line.join(' ')}></polyline>
      ${
        edge === undefined || edge > 1
          ? nothing
          : svg`<line x1="0" x2=${width} y1=${y(edge)} y2=${y(edge)}></line>`
      }
    </svg>
  </div>`;
}

/** `mp.edge` is an eigenvalue of WᵀW/N, so σ at the edge is √(edge·N); here as a share of σ₁. */
function edgeOf(row: LayerRow): number | undefined {
  const edge = row.metrics['mp.edge'];
  const { sigma1 } = row.metrics;
  if (edge === undefined || sigma1 === undefined || !row.view || !(sigma1 > 0)) return undefined;
  const [m, k] = row.view;
  // A spectrum of several blocks is that of matrices with m / blocks rows.
  const long = Math.max(m / row.blocks, k);
  return Math.sqrt(edge * long) / sigma1;
}
