import type { ByteSource, CheckpointFiles } from '../../core/byteSource';
import type { Dtype } from '../../core/dtype';
import { FormatError } from '../../core/errors';
import type { Json } from '../../core/json';
import type { TensorData } from '../../core/tensor';
import { asKind, toJson } from '../pickle';
import { openTorchArchive } from '../pytorch/archive';
import { Tensors } from '../pytorch/tensors';
import { sliceSource } from '../zip';
import { distributedFormat, type StoredItem } from './metadata';

/** Chunks whose archives stay open. */
const maxOpen = 64;
/** Items of one list in an object; groups of an optimizer name some thousand parameters. */
const maxItems = 20_000;

/** Items of the files beside the metadata: each is an archive of its own, as torch.save writes it. */
export class Items {
  private readonly open = new Map<StoredItem, Promise<TensorData>>();

  constructor(private readonly files: CheckpointFiles) {}

  /** Why an item cannot be read, told without reading it. */
  async lack(item: StoredItem | undefined): Promise<string | undefined> {
    if (!item) return 'the metadata does not say where it is';
    const { file, offset, length, isTransformed } = item;
    if (isTransformed) return `is stored in ${file} transformed, which is not read`;
    try {
      const { size } = await this.files.open(file);
      if (offset + length <= size) return undefined;
      return `ends at byte ${offset + length} of ${file}, which has ${size}`;
    } catch (error) {
      if (error instanceof FormatError) return error.reason;
      throw error;
    }
  }

  /** Elements of the chunk that the item is. */
  chunk(
    item: StoredItem,
    expected: { readonly name: string; readonly dtype: Dtype; readonly sizes: readonly number[] },
  ): Promise<TensorData> {
    const known = this.open.get(item);
    const data = known ?? this.openChunk(item, expected);
    this.open.delete(item);
    this.open.set(item, data);
    for (const oldest of this.open.keys()) {
      if (this.open.size <= maxOpen) break;
      this.open.delete(oldest);
    }
    return data;
  }

  /** An object as JSON. */
  async json(item: StoredItem): Promise<Json> {
    const { unpickled, storages } = await openTorchArchive(await this.source(item));
    const tensors = new Tensors(storages);
    return toJson(unpickled.value, {
      budget: { left: 2 * maxItems },
      maxItems,
      special: (value) => {
        const tensor = tensors.read(value);
        if (!tensor) return undefined;
        return tensor.kind === 'tensor'
          ? `tensor ${tensor.dtype} [${tensor.shape.join(', ')}]`
          : tensor.reason;
      },
    });
  }

  private async openChunk(
    item: StoredItem,
    { name, dtype, sizes }: Parameters<Items['chunk']>[1],
  ): Promise<TensorData> {
    const { unpickled, storages } = await openTorchArchive(await this.source(item));
    const object = asKind(unpickled.value, 'object');
    const found = object && new Tensors(storages).read(object);
    if (found?.kind !== 'tensor') {
      const reason = found ? found.reason : 'is no tensor';
      throw new FormatError(distributedFormat, `a chunk of "${name}" in ${item.file} ${reason}`, {
        byteOffset: item.offset,
      });
    }
    if (found.dtype !== dtype || found.shape.join() !== sizes.join()) {
      throw new FormatError(
        distributedFormat,
        `a chunk of "${name}" in ${item.file} is ${found.dtype} [${found.shape.join(', ')}], the metadata says ${dtype} [${sizes.join(', ')}]`,
        { byteOffset: item.offset },
      );
    }
    return found.data;
  }

  private async source({ file, offset, length }: StoredItem): Promise<ByteSource> {
    const source = await this.files.open(file);
    return sliceSource(source, file, offset, length);
  }
}
