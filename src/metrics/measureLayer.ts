import type { Dtype } from '../core/dtype';
import {
  scaleSymmetric,
  singularValues,
  type GramOptions,
  type Kernels,
  type Precision,
  type PrecisionOptions,
  type StepOptions,
  type SymmetricMatrix,
} from '../kernels';
import type { CosineSweep } from './cosineSweep';
import { GramSummer } from './gramSums';
import type { MatrixSource } from './matrixSource';
import { readRowNorms, unitScales, type RowNorms } from './rowNorms';
import type { LayerContext } from './layerContext';
import type { CosineMap, LayerMeasurement, LayerOptions } from './layerMeasurement';
import { minFitted } from './marchenkoPasturFit';
import { MeasuredBuilder } from './measured';
import { measureGram } from './measureGram';
import { measureSpectrum, type SpectrumInput } from './measureSpectrum';
import { newSweep, sweepRows } from './rowCosines';

const defaultMaxCosineRows = 8192;
const defaultMaxSpectrum = 4096;

/** Condition above which the Gram matrix of f64 data is replaced by Jacobi rotations, up to this side. */
const gramCondition = 1e7;
const maxJacobi = 512;

/**
 * Gram matrix, orthogonality, spectrum, Marchenko–Pastur and heavy-tail fits of a layer given as the canonical matrices of
 * its blocks (groups, gates). Pairs of filters are pooled within blocks; the spectrum is the union of the blocks'.
 * Does not throw for what the numbers are: what cannot be measured is listed in `missing`. Rejects with what `onStep` throws.
 */
export async function measureLayer(
  source: MatrixSource,
  context: LayerContext,
  kernels: Kernels,
  options: LayerOptions = {},
): Promise<LayerMeasurement> {
  const out = new MeasuredBuilder();
  const limit = options.maxSpectrum ?? defaultMaxSpectrum;
  const rowNorms = reasonAgainst(source, context, limit) ?? (await readRowNorms(source));
  if (typeof rowNorms === 'string') {
    out.absent('orthogonality', rowNorms).absent('spectrum', rowNorms);
    out.absent('marchenko-pastur', rowNorms).absent('heavy-tail', rowNorms);
    return { measured: out.build(), pairs: [] };
  }
  const { blocks, rows: m, columns: k } = source;
  const summer = new GramSummer(m, k, rowNorms);
  const sweep = rowSweep(m, context, rowNorms, { ...options, withMap: false }, out);
  const steps = options.onStep ? { onStep: options.onStep } : {};
  const exact = { ...steps, precision: options.precision ?? 'f64' };
  const single = { ...steps, precision: singleFor(context.dtype) };
  const spectra = new SpectrumCollector(source, context, kernels, exact);
  for (let block = 0; block < blocks; block++) {
    const unit = unitScales(rowNorms, block * m, m);
    const gram = await gramWithCosines(source, block, kernels, {
      exact,
      single,
      sweep,
    });
    // A matrix that is wider than tall has given all it has: eigenvalues need the memory.
    if (m <= k && block === blocks - 1) source.release?.();
    summer.add(gram, block);
    await spectra.add(gram);
    const normalised =
      m <= k
        ? scaleSymmetric(gram, unit)
        : await columnGram(source, block, kernels, { ...single, rowScales: unit });
    if (m > k) summer.addNormalised(normalised, block);
    await spectra.addNormalised(normalised, single);
  }
  if (context.role === 'embedding') {
    out.absent(
      'orthogonality',
      'rows of an embedding are no filters: only its columns are measured',
    );
  }
  out.add(measureGram(summer.finish(blocks), sweep));
  await spectra.finish(rowNorms, out);
  return {
    measured: out.build(),
    pairs: sweep?.pairs() ?? [],
    ...(sweep && { neighbours: sweep.neighbours }),
  };
}

/** The cosines between all filters, pooled for drawing; undefined where there are none or too many. */
export async function measureCosines(
  source: MatrixSource,
  context: LayerContext,
  kernels: Kernels,
  options: StepOptions & { readonly maxCosineRows?: number } = {},
): Promise<CosineMap | undefined> {
  if (reasonAgainst(source, context, Infinity) !== undefined) return undefined;
  const rowNorms = await readRowNorms(source);
  if (typeof rowNorms === 'string') return undefined;
  const withMap = { ...options, withMap: true };
  const sweep = rowSweep(source.rows, context, rowNorms, withMap, new MeasuredBuilder());
  if (!sweep) return undefined;
  for (let block = 0; block < source.blocks; block++) {
    await sweepRows(sweep, await source.whole(block), block * source.rows, kernels, options);
  }
  return sweep.pooled?.finish();
}

interface GramNeeds {
  readonly exact: PrecisionOptions;
  /** For cosines between the rows of a tall block. */
  readonly single: PrecisionOptions;
  readonly sweep: CosineSweep | undefined;
}

/** The Gram matrix of a block's smaller side; walks the cosines between its rows on the way. */
async function gramWithCosines(
  source: MatrixSource,
  block: number,
  kernels: Kernels,
  { exact, single, sweep }: GramNeeds,
): Promise<SymmetricMatrix> {
  const { rows: m, columns: k } = source;
  // Cosines need the block as a whole, and then its panels are views of it.
  const whole = m <= k || sweep ? await source.whole(block) : undefined;
  const gram =
    m <= k && whole
      ? await kernels.gram(whole, 'rows', exact)
      : await columnGram(source, block, kernels, exact);
  if (sweep && whole) {
    const known = m <= k ? { ...exact, rowGram: gram } : single;
    await sweepRows(sweep, whole, block * m, kernels, known);
  }
  return gram;
}

/** Wᵀ W of a block with more rows than columns, as its rows come. */
async function columnGram(
  source: MatrixSource,
  block: number,
  kernels: Kernels,
  gramOptions: GramOptions,
): Promise<SymmetricMatrix> {
  if (source.columnGram) return await source.columnGram(block, gramOptions);
  const { rowScales, ...options } = gramOptions;
  const pass = kernels.startGram(source.columns, options);
  await source.panels(block, (panel, firstRow) => {
    pass.update(panel, rowScales?.subarray(firstRow, firstRow + panel.rows));
  });
  return pass.finish();
}

function reasonAgainst(
  { blocks, rows, columns }: MatrixSource,
  { role }: LayerContext,
  limit: number,
): string | undefined {
  if (blocks === 0 || rows === 0 || columns === 0) return 'the matrix is empty';
  if (role === 'depthwise') return 'filters of a depthwise convolution see different inputs';
  const p = Math.min(rows, columns);
  return p > limit ? `smaller side of ${p}, the limit is ${limit}` : undefined;
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
    private readonly source: MatrixSource,
    private readonly context: LayerContext,
    private readonly kernels: Kernels,
    private readonly options: PrecisionOptions,
  ) {}

  add(gram: SymmetricMatrix): Promise<void> {
    return this.collect(this.eigenvalues, gram, this.options);
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

  async finish(rowNorms: RowNorms, out: MeasuredBuilder): Promise<void> {
    if (this.failure !== undefined) {
      for (const family of ['spectrum', 'marchenko-pastur', 'heavy-tail'] as const) {
        out.absent(family, this.failure);
      }
      return;
    }
    const { blocks, rows: m, columns: k } = this.source;
    const exact = await this.jacobi();
    const input: SpectrumInput = {
      dtype: this.context.dtype,
      ...(this.context.quantizationStep !== undefined && {
        quantizationStep: this.context.quantizationStep,
      }),
      blocks,
      m,
      k,
      singularValues: exact ?? rootsOf(this.eigenvalues),
      ...(!exact && { gramPrecision: this.options.precision ?? 'f64' }),
    };
    const rowNormalised = this.rowNormalised(rowNorms);
    out.add(measureSpectrum(rowNormalised ? { ...input, rowNormalised } : input));
  }

  /** Singular values with all their digits, where the type has digits that the Gram matrix would lose. */
  private async jacobi(): Promise<Float64Array | undefined> {
    const { blocks, rows, columns } = this.source;
    const needed =
      this.options.precision === 'f64' &&
      this.context.dtype === 'f64' &&
      Math.min(rows, columns) <= maxJacobi &&
      this.eigenvalues.some((lambda) => !(lambda.at(-1)! * gramCondition ** 2 > lambda[0]!));
    if (!needed) return undefined;
    try {
      const parts: Float64Array[] = [];
      for (let block = 0; block < blocks; block++) {
        parts.push(singularValues(await this.source.whole(block), this.options));
      }
      return descending(parts);
    } catch (error) {
      // Not converged: the Gram matrix's values stand, bounded by their floor.
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  private rowNormalised({ deadCount }: RowNorms): SpectrumInput['rowNormalised'] {
    if (this.normalised.length === 0) return undefined;
    const { blocks, rows: m, columns: k } = this.source;
    // Dead rows are gone from the matrix, and their zeros from the spectrum; over several blocks their mean number.
    const live = Math.round(m - deadCount / blocks);
    const all = rootsOf(this.normalised);
    return {
      singularValues: all.subarray(0, Math.min(all.length, blocks * Math.min(live, k))),
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
