import { checkGlobalHeaps } from './globalHeap';
import type { EmscriptenFileSystem, EmscriptenNode } from './library';

const folderMode = 0o040555;
const fileMode = 0o100444;

/** Error numbers of WASI, as Emscripten uses them. */
const notFound = 44;
const inputOutput = 29;
const invalid = 28;
const readOnly = 69;

const mountPoint = '/source';

/** What the file system needs of a source. */
export interface SyncSource {
  readonly size: number;
  readSync(offset: number, length: number): Uint8Array;
}

/**
 * Mounts a source as the only file of a read-only file system, so that the library reads ranges of it instead of a copy in
 * memory. Gives its path.
 *
 * @param onError told why a read failed; the library itself sees only "input/output error"
 */
export function mountSource(
  fs: EmscriptenFileSystem,
  source: SyncSource,
  onError: (error: unknown) => void,
): string {
  const refuse = (): never => {
    throw new fs.ErrnoError(readOnly);
  };
  const nodeOperations = {
    getattr: (node: EmscriptenNode & { id: number; mode: number }) => ({
      dev: 1,
      ino: node.id,
      mode: node.mode,
      nlink: 1,
      uid: 0,
      gid: 0,
      rdev: 0,
      size: node.size,
      atime: new Date(0),
      mtime: new Date(0),
      ctime: new Date(0),
      blksize: 4096,
      blocks: Math.ceil(node.size / 4096),
    }),
    lookup: () => {
      throw new fs.ErrnoError(notFound);
    },
    readdir: () => ['.', '..', 'file'],
    setattr: refuse,
    mknod: refuse,
    rename: refuse,
    unlink: refuse,
    rmdir: refuse,
    symlink: refuse,
  };
  const streamOperations = {
    read(_stream: unknown, buffer: Int8Array, at: number, length: number, position: number) {
      const wanted = Math.max(0, Math.min(length, source.size - position));
      if (wanted === 0) return 0;
      try {
        const bytes = source.readSync(position, wanted);
        checkGlobalHeaps(bytes, position, source);
        buffer.set(bytes, at);
      } catch (error) {
        // An exception must not unwind through the library: it would be left half way.
        onError(error);
        throw new fs.ErrnoError(inputOutput);
      }
      return wanted;
    },
    write: refuse,
    llseek(stream: { position: number; node: EmscriptenNode }, offset: number, whence: number) {
      const base = whence === 1 ? stream.position : whence === 2 ? stream.node.size : 0;
      if (base + offset < 0) throw new fs.ErrnoError(invalid);
      return base + offset;
    },
  };
  const fileSystem = {
    mount() {
      const root = fs.createNode(null, '/', folderMode, 0);
      root.node_ops = nodeOperations;
      root.stream_ops = {};
      root.size = 4096;
      const file = fs.createNode(root, 'file', fileMode, 0);
      file.node_ops = nodeOperations;
      file.stream_ops = streamOperations;
      file.size = source.size;
      return root;
    },
  };
  fs.mkdir(mountPoint);
  fs.mount(fileSystem, {}, mountPoint);
  return `${mountPoint}/file`;
}
