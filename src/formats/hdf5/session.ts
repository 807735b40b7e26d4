import type { ByteSource } from '../../core/byteSource';
import { FormatError } from '../../core/errors';
import { bytesSource } from '../zip';
import type { Hdf5Library } from './library';
import { withMemoryLimit } from './memoryLimit';
import { mountSource, type SyncSource } from './mount';

export const hdf5Format = 'HDF5';

/** Sources that cannot be read without waiting (virtual documents) are held in memory up to here. */
const maxMemoryBytes = 512 * 1024 * 1024;

/** A text in a damaged file of a few hundred bytes may claim gigabytes, which the library takes before it looks for them. */
const minLibraryBytes = 512 * 1024 * 1024;
/** What a file's chunks inflate to in the library's memory stays below. */
const libraryBytesPerByte = 16;

/**
 * One file in an HDF5 library of its own, so that a file that breaks the library breaks no other.
 *
 * The package's documented entry shares one library among all files and cannot start a second one; therefore the module
 * below it is taken by path.
 */
export class Hdf5Session {
  private readError: unknown;

  private constructor(
    private readonly source: SyncSource,
    private library: Hdf5Library,
    private file: bigint,
    /** Set once the library stopped in the middle of a call; nothing of it can be trusted then. */
    private broken: boolean,
  ) {}

  static async open(source: ByteSource): Promise<Hdf5Session> {
    const session = new Hdf5Session(await toSync(source), await newLibrary(), 0n, false);
    session.openFile();
    return session;
  }

  /** Starts a new library if the last call stopped this one. */
  async repair(): Promise<void> {
    if (!this.broken) return;
    this.library = await newLibrary();
    this.broken = false;
    this.openFile();
  }

  /** Runs a call of the library; whatever it throws is the file's fault. */
  call<T>(what: string, work: (library: Hdf5Library, file: bigint) => T): T {
    if (this.broken) throw new FormatError(hdf5Format, `${what}: the library stopped at this file`);
    this.readError = undefined;
    try {
      const limit = Math.max(minLibraryBytes, libraryBytesPerByte * this.source.size);
      return withMemoryLimit(limit, () => work(this.library, this.file));
    } catch (error) {
      if (error instanceof FormatError) throw error;
      // Plain errors are the wrapper's own complaints. Traps, aborts and C++ exceptions unwound the library.
      this.broken = !(error instanceof Error && error.name === 'Error');
      throw this.fault(what, error);
    }
  }

  /** The reason of a call that failed without saying why. */
  fault(what: string, error?: unknown): FormatError {
    if (this.readError instanceof FormatError) return this.readError;
    const detail = this.broken ? 'the library stopped, the file is damaged' : 'cannot be read';
    const text = error instanceof RangeError ? `${detail} (${error.message})` : detail;
    return new FormatError(hdf5Format, `${what} ${text}`);
  }

  /** Bytes of the whole file, to hold claims against. */
  get size(): number {
    return this.source.size;
  }

  private openFile(): void {
    this.file = this.call('the file', (library) => {
      const path = mountSource(library.FS, this.source, (error) => (this.readError = error));
      return library.open(path, library.H5F_ACC_RDONLY, false, -1, -1);
    });
    if (this.file < 0n) {
      throw this.readError instanceof FormatError
        ? this.readError
        : new FormatError(hdf5Format, 'superblock or root group is damaged, or the file is cut');
    }
  }
}

async function toSync(source: ByteSource): Promise<SyncSource> {
  const { size } = source;
  if (source.readSync) {
    return { size, readSync: (at, length) => source.readSync?.(at, length) ?? new Uint8Array(0) };
  }
  if (size > maxMemoryBytes) {
    throw new FormatError(
      hdf5Format,
      `"${source.name}" has ${size} bytes; from this place at most ${maxMemoryBytes} can be read`,
      { remedy: 'Copy the file to a local folder' },
    );
  }
  const copy = bytesSource(source.name, await source.read(0, size));
  return { size, readSync: (at, length) => copy.readSync?.(at, length) ?? new Uint8Array(0) };
}

/** Loaded when the first HDF5 file is opened: it is larger than all the rest of a bundle. */
async function newLibrary(): Promise<Hdf5Library> {
  const { default: createLibrary } = await import(
    /* webpackChunkName: "hdf5" */ '../../../node_modules/h5wasm/dist/esm/hdf5_util.js'
  );
  const silent = (): void => undefined;
  return createLibrary({ noInitialRun: true, print: silent, printErr: silent });
}
