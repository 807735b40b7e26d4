import type { Dtype } from '../core/dtype';
import {
  scaleSymmetric,
  singularValues,
  type Kernels,
  type Matrix,
  type Precision,
  type PrecisionOptions,
  type StepOptions,
  type SymmetricMatrix,
} from '../kernels';
import type { CosineSweep } from './cosineSweep';
import { GramSummer, rowNormsOf, unitScales, type RowNorms } from './gramSums';
import type { LayerContext } from './layerContext';
import type { CosineMap, LayerMeasurement, LayerOptions } from './layerMeasurement';
import { minFitted } from './marchenkoPasturFit';
import { MeasuredBuilder } from './measured';
import { measureGram } from './measureGram';
import { measureSpectrum, type SpectrumInput } from './measureSpectrum';
import { newSweep, sweepRows } from './rowCosines';

const defaultMaxCosineRows = 8192;
const defaultMaxSpectrum = 4096;

/** Beyond these powers of ten sums of fourth powers leave the range of doubles. */
const magnitudeRange = [1e-60, 1e60] as const;

/** Condition above which the Gram matrix of f64 data is replaced by Jacobi rotations, up to this side. */
const gramCondition = 1e7;
const maxJacobi = 512;

/**
 * Gram matrix, orthogonality, spectrum, Marchenko–Pastur and heavy-tail fits of a layer given as the canonical matrices of
 * its blocks (groups, gates). Pairs of filters are pooled within blocks; the spectrum is the union of the blocks'.
 * Does not throw for what the numbers are: what cannot be measured is listed in `missing`. Rejects with what `onStep` throws.
 */
export async function measureLayer(
  blocks: readonly Matrix[],
  context: LayerContext,
  kernels: Kernels,
  options: LayerOptions = {},
): Promise<LayerMeasurement> {
  const out = new MeasuredBuilder();
  const refusal = reasonAgainst(blocks, context, options);
  if (refusal !== undefined) {
    out.absent('orthogonality', refusal).absent('spectrum', refusal);
    out.absent('marchenko-pastur', refusal).absent('heavy-tail', refusal);
    return { measured: out.build(), pairs: [] };
  }
  const { rows: m, columns: k } = blocks[0]!;
  const rowNorms = rowNormsOf(blocks);
  const summer = new GramSummer(m, k, rowNorms);
  const sweep = rowSweep(m, context, rowNorms, { ...options, withMap: false }, out);
  const steps = options.onStep ? { onStep: options.onStep } : {};
  const single = { ...steps, precision: singleFor(context.dtype) };
  const spectra = new SpectrumCollector(blocks, context, kernels, steps);
  const side = m <= k ? 'rows' : 'columns';
  for (const [index, block] of blocks.entries()) {
    const gram = await kernels.gram(block, side, steps);
    summer.add(gram, index);
    if (sweep) {
      const known = m <= k ? { ...steps, rowGram: gram } : single;
      await sweepRows(sweep, block, index * m, kernels, known);
    }
    await spectra.add(gram);
    const normalised = await unitRows(block, gram, index, { rowNorms, kernels, options: single });
    if (m > k) summer.addNormalised(normalised, index);
    await spectra.addNormalised(normalised, single);
  }
  if (context.role === 'embedding') {
    out.absent(
      'orthogonality',
      'rows of an embedding are no filters: only its columns are measured',
    );
  }
  out.add(measureGram(summer.finish(blocks.length), sweep));
  spectra.finish(rowNorms, out);
  return {
    measured: out.build(),
    pairs: sweep?.pairs() ?? [],
    ...(sweep && { neighbours: sweep.neighbours }),
  };
}

/** The cosines between all filters, pooled for drawing; undefined where there are none or too many. */
export async function measureCosines(
  blocks: readonly Matrix[],
  context: LayerContext,
  kernels: Kernels,
  options: StepOptions & { readonly maxCosineRows?: number } = {},
): Promise<CosineMap | undefined> {
  if (reasonAgainst(blocks, context, { maxSpectrum: Infinity }) !== undefined) return undefined;
  const { rows: m } = blocks[0]!;
  const withMap = { ...options, withMap: true };
  const sweep = rowSweep(m, context, rowNormsOf(blocks), withMap, new MeasuredBuilder());
  if (!sweep) return undefined;
  for (const [index, block] of blocks.entries()) {
    await sweepRows(sweep, block, index * m, kernels, options);
  }
  return sweep.pooled?.finish();
}

function reasonAgainst(
  blocks: readonly Matrix[],
  { role }: LayerContext,
  options: LayerOptions,
): string | undefined {
  const first = blocks[0];
  if (!first || first.rows === 0 || first.columns === 0) return 'the matrix is empty';
  if (role === 'depthwise') return 'filters of a depthwise convolution see different inputs';
  const p = Math.min(first.rows, first.columns);
  const limit = options.maxSpectrum ?? defaultMaxSpectrum;
  if (p > limit) return `smaller side of ${p}, the limit is ${limit}`;
  let largest = 0;
  for (const [index, { rows, columns, data }] of blocks.entries()) {
    if (rows !== first.rows || columns !== first.columns) {
      throw new RangeError(`block ${index} is ${rows} × ${columns}, the first is not`);
    }
    for (let i = 0; i < data.length; i++) {
      const magnitude = Math.abs(data[i]!);
      if (!(magnitude < Infinity)) {
        const row = index * rows + Math.floor(i / columns);
        return `element [${row}, ${i % columns}] is not finite (${data[i]!})`;
      }
      if (magnitude > largest) largest = magnitude;
    }
  }
  if (largest === 0) return 'all elements are zero';
  const [low, high] = magnitudeRange;
  if (largest < low || largest > high) {
    return `largest magnitude ${largest.toExponential(1)} outside ${low}…${high}`;
  }
  return undefined;
}

function rowSweep(
  m: number,
  { role }: LayerContext,
  rowNorms: RowNorms,
  options: { readonly maxCosineRows?: number; readonly withMap: boolean },
  out: MeasuredBuilder,
): CosineSweep | undefined {
  const limit = options.maxCosineRows ?? defaultMaxCosineRows;
  if (role === 'embedding') return undefined;
  if (m > limit) {
    out.absent('orthogonality', `${m} rows to compare with each other, the limit is ${limit}`);
    return undefined;
  }
  if (m < 2) {
    out.absent('orthogonality', 'a single filter has none to compare with');
    return undefined;
  }
  return newSweep(rowNorms, options.withMap);
}

interface UnitRowsOptions {
  readonly rowNorms: RowNorms;
  readonly kernels: Kernels;
  readonly options: PrecisionOptions;
}

/** Small side's Gram matrix of the block with live rows at length 1. Overwrites `gram`. */
function unitRows(
  block: Matrix,
  gram: SymmetricMatrix,
  index: number,
  { rowNorms, kernels, options }: UnitRowsOptions,
): Promise<SymmetricMatrix> {
  const rowScales = unitScales(rowNorms, index * block.rows, block.rows);
  return block.rows <= block.columns
    ? Promise.resolve(scaleSymmetric(gram, rowScales))
    : kernels.gram(block, 'columns', { ...options, rowScales });
}

/**
 * Cosines between many filters, and the second spectrum that only tells spikes from noise, need no more than single precision,
 * and take twice as long in double. Data of double precision keep it.
 */
function singleFor(dtype: Dtype): Precision {
  return dtype === 'f64' ? 'f64' : 'f32';
}

/** Eigenvalues of all blocks, and singular values from them. */
class SpectrumCollector {
  private readonly eigenvalues: Float64Array[] = [];
  private readonly normalised: Float64Array[] = [];
  private failure: string | undefined;

  constructor(
    private readonly blocks: readonly Matrix[],
    private readonly context: LayerContext,
    private readonly kernels: Kernels,
    private readonly steps: StepOptions,
  ) {}

  add(gram: SymmetricMatrix): Promise<void> {
    return this.collect(this.eigenvalues, gram, this.steps);
  }

  /** @param gram of the block with live rows at length 1 */
  async addNormalised(gram: SymmetricMatrix, options: PrecisionOptions): Promise<void> {
    if (gram.size >= minFitted) await this.collect(this.normalised, gram, options);
  }

  private async collect(
    into: Float64Array[],
    gram: SymmetricMatrix,
    options: PrecisionOptions,
  ): Promise<void> {
    try {
      into.push(await this.kernels.symmetricEigenvalues(gram, options));
    } catch (error) {
      // Not converged: a result about this layer, not a fault of the analysis.
      if (!(error instanceof RangeError)) throw error;
      this.failure = error.message;
    }
  }

  finish(rowNorms: RowNorms, out: MeasuredBuilder): void {
    if (this.failure !== undefined) {
      for (const family of ['spectrum', 'marchenko-pastur', 'heavy-tail'] as const) {
        out.absent(family, this.failure);
      }
      return;
    }
    const { rows: m, columns: k } = this.blocks[0]!;
    const exact = this.jacobi();
    const input: SpectrumInput = {
      dtype: this.context.dtype,
      ...(this.context.quantizationStep !== undefined && {
        quantizationStep: this.context.quantizationStep,
      }),
      blocks: this.blocks.length,
      m,
      k,
      singularValues: exact ?? rootsOf(this.eigenvalues),
      fromGram: !exact,
    };
    const rowNormalised = this.rowNormalised(rowNorms);
    out.add(measureSpectrum(rowNormalised ? { ...input, rowNormalised } : input));
  }

  /** Singular values with all their digits, where the type has digits that the Gram matrix would lose. */
  private jacobi(): Float64Array | undefined {
    const { rows, columns } = this.blocks[0]!;
    const needed =
      this.context.dtype === 'f64' &&
      Math.min(rows, columns) <= maxJacobi &&
      this.eigenvalues.some((lambda) => !(lambda.at(-1)! * gramCondition ** 2 > lambda[0]!));
    if (!needed) return undefined;
    try {
      return descending(this.blocks.map(singularValues));
    } catch (error) {
      // Not converged: the Gram matrix's values stand, bounded by their floor.
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  private rowNormalised({ deadCount }: RowNorms): SpectrumInput['rowNormalised'] {
    if (this.normalised.length === 0) return undefined;
    const { rows: m, columns: k } = this.blocks[0]!;
    // Dead rows are gone from the matrix, and their zeros from the spectrum; over several blocks their mean number.
    const live = Math.round(m - deadCount / this.blocks.length);
    const all = rootsOf(this.normalised);
    return {
      singularValues: all.subarray(0, Math.min(all.length, this.blocks.length * Math.min(live, k))),
      m: live,
      k,
    };
  }
}

function rootsOf(eigenvalues: readonly Float64Array[]): Float64Array {
  return descending(eigenvalues.map((lambda) => lambda.map((l) => Math.sqrt(Math.max(0, l)))));
}

function descending(parts: readonly Float64Array[]): Float64Array {
  return Float64Array.from(parts.flatMap((part) => Array.from(part)))
    .sort()
    .reverse();
}
