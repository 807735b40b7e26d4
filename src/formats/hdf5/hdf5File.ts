/**
 * HDF5 files: groups, datasets and attributes.
 *
 * @see https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html
 */
import type { ByteSource } from '../../core/byteSource';
import { FormatError } from '../../core/errors';
import { readAttribute, type AttributeValue } from './attributes';
import { readDataset, type Hdf5Dataset } from './dataset';
import { hdf5Format, Hdf5Session } from './session';

/** Groups may contain themselves by hard links: the walk ends here. */
const maxDepth = 32;
const maxObjects = 100_000;

const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** Whether the signature stands where the format allows it: at 0 or, behind a user block, at 512, 1024, 2048. */
export function isHdf5(head: Uint8Array): boolean {
  return [0, 512, 1024, 2048].some((start) =>
    signature.every((byte, i) => head[start + i] === byte),
  );
}

export interface Hdf5Object {
  /** From the root, without a slash in front; empty for the root. */
  readonly path: string;
  readonly kind: 'group' | 'dataset';
}

export class Hdf5File {
  private all: readonly Hdf5Object[] | undefined;

  private constructor(private readonly session: Hdf5Session) {}

  static async open(source: ByteSource): Promise<Hdf5File> {
    return new Hdf5File(await Hdf5Session.open(source));
  }

  /**
   * All groups and datasets below a group, parents first. Soft and external links are left out: what they point at is listed
   * in its own place, or is in another file.
   */
  objects(path = ''): readonly Hdf5Object[] {
    if (this.all === undefined) {
      const found: Hdf5Object[] = [];
      this.walk('', 0, found);
      this.all = found;
    }
    return path === '' ? this.all : this.all.filter((object) => object.path.startsWith(`${path}/`));
  }

  attributeNames(path: string): readonly string[] {
    return this.session.call(`attributes of "${path}"`, (library, file) =>
      library.get_attribute_names(file, absolute(path)),
    );
  }

  /** Text, numbers, or arrays of them; undefined where there is no such attribute. */
  attribute(path: string, name: string): AttributeValue | undefined {
    if (!this.attributeNames(path).includes(name)) return undefined;
    return readAttribute(this.session, absolute(path), name);
  }

  dataset(path: string): Hdf5Dataset {
    return readDataset(this.session, absolute(path));
  }

  private walk(path: string, depth: number, found: Hdf5Object[]): void {
    if (depth > maxDepth) {
      throw new FormatError(hdf5Format, `groups nest deeper than ${maxDepth} levels at "${path}"`);
    }
    const names = this.session.call(`group "${path}"`, (library, file) =>
      library.get_names(file, absolute(path), false),
    );
    for (const name of names) {
      const child = path === '' ? name : `${path}/${name}`;
      const kind = this.kindOf(child);
      if (kind === undefined) continue;
      if (found.length >= maxObjects) {
        throw new FormatError(hdf5Format, `more objects than the limit of ${maxObjects}`);
      }
      found.push({ path: child, kind });
      if (kind === 'group') this.walk(child, depth + 1, found);
    }
  }

  private kindOf(path: string): 'group' | 'dataset' | undefined {
    return this.session.call(`"${path}"`, (library, file) => {
      if (library.get_symbolic_link(file, absolute(path)) !== null) return undefined;
      const type = library.get_type(file, absolute(path));
      if (type === library.H5G_GROUP) return 'group';
      return type === library.H5G_DATASET ? 'dataset' : undefined;
    });
  }
}

function absolute(path: string): string {
  return `/${path}`;
}
