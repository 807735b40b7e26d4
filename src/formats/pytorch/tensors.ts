import type { ByteSource } from '../../core/byteSource';
import { type Dtype, dtypes } from '../../core/dtype';
import { elementCountOf, type Tensor, type TensorData } from '../../core/tensor';
import type { PyObject } from '../pickle';
import { extentOf, stridedData, WindowCache } from '../strided';
import { bytesSource } from '../zip';
import type { Storages } from './archive';
import { dequantized } from './quantized';
import {
  type Described,
  type DescribedQuantized,
  describeTensor,
  type Undescribed,
} from './rebuild';

/** Largest view that repeats its elements (strides of 0): a causal mask of 16384 positions. */
const maxRepeatedElements = 2 ** 28;

export interface FoundTensor {
  readonly kind: 'tensor';
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: TensorData;
  /** Equal for two views of the same elements of one storage; undefined where there are no elements to share. */
  readonly identity: string | undefined;
  readonly quantization?: Tensor['quantization'];
}

/** Tensors of one archive: each call that stands for one is read once. */
export class Tensors {
  private readonly known = new Map<PyObject, FoundTensor | Undescribed | undefined>();
  private readonly windows = new WindowCache();

  constructor(private readonly storages: Storages) {}

  read(value: PyObject): FoundTensor | Undescribed | undefined {
    if (this.known.has(value)) return this.known.get(value);
    const described = describeTensor(value);
    // Scales are tensors again, in a hostile file the tensor's own.
    if (described?.kind === 'quantized') this.known.set(value, unreadable('is its own scale'));
    const found =
      described?.kind === 'strided'
        ? this.locate(described)
        : described?.kind === 'quantized'
          ? this.decode(described)
          : described;
    this.known.set(value, found);
    return found;
  }

  private decode({ codes, scheme }: DescribedQuantized): FoundTensor | Undescribed {
    const located = this.locate(codes);
    if (located.kind === 'unreadable') return located;
    if (scheme.kind === 'tensor') return dequantized(located, scheme);
    const scales = this.read(scheme.scales);
    const zeroPoints = this.read(scheme.zeroPoints);
    if (scales?.kind !== 'tensor' || zeroPoints?.kind !== 'tensor') {
      return unreadable('quantized with scales or zero points that cannot be read');
    }
    return dequantized(located, { ...scheme, scales, zeroPoints });
  }

  private locate(described: Described): FoundTensor | Undescribed {
    const { dtype, shape, strides, offset, storage } = described;
    const byteLength =
      typeof storage === 'string' ? this.storages.sizeOf(storage) : storage.byteLength;
    if (byteLength === undefined) {
      return unreadable(`its storage ${this.storages.labelOf(String(storage))} is missing`);
    }
    const elementCount = elementCountOf(shape);
    const { end } = extentOf(described);
    const { byteSize } = dtypes[dtype];
    if (!Number.isSafeInteger(elementCount) || !Number.isSafeInteger(end * byteSize)) {
      return unreadable(`its shape ${shape.join('×')} is beyond any storage`);
    }
    if (end * byteSize > byteLength) {
      return unreadable(`ends at byte ${end * byteSize} of a storage of ${byteLength} bytes`);
    }
    if (elementCount * byteSize > byteLength && elementCount > maxRepeatedElements) {
      return unreadable(
        `repeats ${byteLength} stored bytes to ${elementCount} elements, the limit is ${maxRepeatedElements}`,
      );
    }
    const open = (): Promise<ByteSource> =>
      typeof storage === 'string'
        ? this.storages.open(storage)
        : Promise.resolve(bytesSource('NumPy array', storage));
    const view = [dtype, offset, shape.join(), strides.join()].join('|');
    return {
      kind: 'tensor',
      dtype,
      shape,
      data: stridedData(open, { shape, strides, offset }, { dtype, windows: this.windows }),
      identity: typeof storage === 'string' && elementCount > 0 ? `${storage}|${view}` : undefined,
    };
  }
}

function unreadable(reason: string): Undescribed {
  return { kind: 'unreadable', reason };
}
