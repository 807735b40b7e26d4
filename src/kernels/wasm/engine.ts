import type { StatisticsExports } from './statisticsExports';

const pageBytes = 2 ** 16;

/** The module's own maximum; matrices that need more are refused. */
const maxBytes = 1.5 * 2 ** 30;

/** An instance whose memory has grown beyond this is given up after its work: memory of WebAssembly cannot shrink. */
const keptBytes = 2 ** 26;

/** What the AssemblyScript module exports; pointers are byte offsets into its memory. */
export interface KernelExports extends StatisticsExports {
  readonly memory: WebAssembly.Memory;
  heapBase(): number;
  packRows(
    source: number,
    sourceSize: number,
    size: number,
    factors: number,
    count: number,
    steps: number,
    packed: number,
  ): void;
  packColumns(
    source: number,
    sourceSize: number,
    size: number,
    factors: number,
    count: number,
    steps: number,
    packed: number,
  ): void;
  multiplyPanels(
    size: number,
    packed: number,
    steps: number,
    first: number,
    last: number,
    g: number,
  ): void;
  beginBand(n: number, isSingle: number, start: number): number;
  placeRows(row: number, source: number, n: number, factor: number): void;
  reducePanel(k: number): number;
  multiplyGroups(k: number, first: number, last: number): void;
  formUpdate(k: number): void;
  updateGroups(k: number, first: number, last: number): void;
  finishBand(n: number, target: number): number;
  chase(n: number, band: number, scratch: number, first: number, last: number): void;
  readTridiagonal(n: number, band: number, stride: number, d: number, squares: number): void;
  beginEigenvalues(n: number, d: number, squares: number): void;
  continueEigenvalues(steps: number): number;
  sortFloats(values: number, spare: number, count: number, counts: number): void;
  binElements(
    values: number,
    count: number,
    firstBin: number,
    high: number,
    clip: number,
    limits: number,
    bins: number,
    histogram: number,
    totals: number,
  ): void;
  rankMagnitudes(values: number, count: number, right: number, linf: number, result: number): void;
  beginHessenberg(n: number, a: number, stride: number, scratch: number): void;
  reduceHessenberg(k: number): void;
  beginFrancis(n: number, a: number, stride: number, real: number, imaginary: number): void;
  continueFrancis(work: number): number;
  unpackRows(
    source: number,
    sourceSize: number,
    rows: number,
    columns: number,
    target: number,
    stride: number,
  ): void;
  addBlockProduct(
    w: number,
    stride: number,
    rows: number,
    columns: number,
    x: number,
    y: number,
    z: number,
  ): void;
}

/** One compiled module and the instance in use. Its memory is scratch: nothing in it outlives a call, unless it is held. */
export class Engine {
  private readonly module: WebAssembly.Module;
  private current: KernelExports;

  /** @param isHeld whether memory and state stay from call to call, until `release` */
  constructor(
    source: Uint8Array | Engine,
    private readonly isHeld = false,
  ) {
    this.module = source instanceof Engine ? source.module : new WebAssembly.Module(source);
    this.current = this.instantiate();
  }

  /** An engine with a memory of its own, which nobody else writes to: for what must outlive a call. */
  another(): Engine {
    return new Engine(this, true);
  }

  /** Runs `work` on an instance with at least `bytes` of memory from `start`. */
  run<Result>(
    bytes: number,
    work: (exports: KernelExports, buffer: ArrayBuffer, start: number) => Result,
  ): Result {
    try {
      return this.hold(bytes, work);
    } finally {
      if (!this.isHeld) this.release();
    }
  }

  /** The same, and what `work` leaves in memory stays until the next call. */
  hold<Result>(
    bytes: number,
    work: (exports: KernelExports, buffer: ArrayBuffer, start: number) => Result,
  ): Result {
    const { memory } = this.current;
    const start = this.current.heapBase();
    const needed = start + bytes;
    if (needed > maxBytes) {
      throw new RangeError(`${needed} bytes of scratch memory exceed the limit of ${maxBytes}`);
    }
    const missing = needed - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
    return work(this.current, memory.buffer, start);
  }

  /** Gives a large memory up: that of WebAssembly cannot shrink. */
  release(): void {
    if (this.current.memory.buffer.byteLength > keptBytes) this.current = this.instantiate();
  }

  private instantiate(): KernelExports {
    const { exports } = new WebAssembly.Instance(this.module, {
      env: {
        abort: () => {
          throw new Error('WebAssembly kernels aborted');
        },
      },
    });
    if (!isKernelExports(exports)) throw new TypeError('not the module of the kernels');
    return exports;
  }
}

/** The name of the last addition stands for all: module and loader are built together. */
function isKernelExports(exports: object): exports is KernelExports {
  return 'memory' in exports && 'heapBase' in exports && 'addBlockProduct' in exports;
}

/** Places arrays one after the other, each at a multiple of 64 bytes. */
export class Layout {
  constructor(private end = 0) {}

  /** Offset of the next `bytes` bytes. */
  take(bytes: number): number {
    const at = Math.ceil(this.end / 64) * 64;
    this.end = at + bytes;
    return at;
  }

  get size(): number {
    return this.end + 64;
  }
}
