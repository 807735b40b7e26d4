import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import type { Dtype } from '../core/dtype';
import { plainView, type MatrixView } from '../core/matrixView';
import type { Measured } from '../core/metric';
import { typescriptKernels } from '../kernels';
import { heldMatrices, measureElements, measureLayer, mergeMeasured, metricCatalogue } from '.';
import { statisticsOf } from './testLayer';

interface Golden {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly blocks: number;
  readonly layout: 'plain' | 'hwio';
  readonly data: string;
  readonly metrics: Record<string, number | number[]>;
  readonly baselines: Record<string, number>;
}

const goldens: Golden[] = JSON.parse(
  readFileSync(join(__dirname, '../../test/fixtures/metrics/golden.json'), 'utf8'),
);

/** Relative; absolute below 1e-3, where means and skewness are differences of rounding errors. */
const tolerances: Partial<Record<Dtype, number>> = { f64: 1e-9 };
const otherTolerance = 1e-6;

function viewOf({ shape, blocks, layout }: Golden): MatrixView {
  if (layout === 'hwio') {
    const [h, w, input, output] = shape as [number, number, number, number];
    return {
      blocks: 1,
      rows: output,
      columns: input * h * w,
      axes: [
        { size: h, target: 'column', step: w },
        { size: w, target: 'column', step: 1 },
        { size: input, target: 'column', step: h * w },
        { size: output, target: 'row', step: 1 },
      ],
    };
  }
  const [m, ...rest] = shape as [number, ...number[]];
  const columns = rest.reduce((product, size) => product * size, 1);
  if (rest.length === 1) return plainView(m, columns);
  const [input, h, w] = rest as [number, number, number];
  return {
    blocks,
    rows: m / blocks,
    columns,
    axes: [
      { size: blocks, target: 'block', step: 1 },
      { size: m / blocks, target: 'row', step: 1 },
      { size: input, target: 'column', step: h * w },
      { size: h, target: 'column', step: w },
      { size: w, target: 'column', step: 1 },
    ],
  };
}

async function measure(golden: Golden): Promise<Measured> {
  const bytes = new Uint8Array(Buffer.from(golden.data, 'base64'));
  const count = golden.shape.reduce((product, size) => product * size, 1);
  const view = viewOf(golden);
  const role = golden.shape.length === 4 ? 'conv' : 'matrix';
  const context = { role, dtype: golden.dtype, view } as const;
  const statistics = statisticsOf(bytes, golden.dtype, count, view);
  const filling = typescriptKernels.startMatrices(golden.dtype, view);
  filling.update(bytes);
  const layer = await measureLayer(heldMatrices(filling.finish()), context, typescriptKernels);
  return mergeMeasured(measureElements({ ...context, statistics }), layer.measured);
}

describe.each(goldens)('$name ($dtype)', (golden) => {
  const measuring = measure(golden);
  const tolerance = tolerances[golden.dtype] ?? otherTolerance;

  const expectClose = (got: number, wanted: number, what: string) =>
    expect(Math.abs(got - wanted), `${what}: ${got} for ${wanted}`).toBeLessThanOrEqual(
      tolerance * Math.max(Math.abs(wanted), 1e-3),
    );

  it('measures the same metrics', async () => {
    const { metrics } = await measuring;
    expect(Object.keys(metrics).sort()).toEqual(Object.keys(golden.metrics).sort());
  });

  it.each(Object.entries(golden.metrics))('%s', async (id, value) => {
    const measured = (await measuring).metrics[id];
    const [got, wanted] = [[measured ?? NaN].flat(), [value].flat()];
    expect(got.length).toBe(wanted.length);
    for (const [i, one] of wanted.entries()) expectClose(got[i]!, one, `${id}[${i}]`);
  });

  it.each(Object.entries(golden.baselines))('baseline of %s', async (id, value) => {
    expectClose((await measuring).baselines[id] ?? NaN, value, id);
  });

  it('names only what the catalogue describes, arrays as arrays', async () => {
    const { metrics, baselines, bounds } = await measuring;
    const described = new Map(metricCatalogue.map((one) => [one.id, one.array === true]));
    for (const [id, value] of Object.entries(metrics)) {
      expect(described.get(id), id).toBe(Array.isArray(value));
    }
    for (const id of [...Object.keys(baselines), ...Object.keys(bounds)]) {
      expect(Object.hasOwn(metrics, id), id).toBe(true);
    }
  });
});
