/**
 * What the calls that stand for tensors say. torch.save writes a tensor as a call of `torch._utils._rebuild_tensor_v2` with
 * (storage, offset, size, stride, requires_grad, hooks), a parameter as a call around it, and newer dtypes as
 * `_rebuild_tensor_v3` on an untyped storage with the dtype.
 *
 * @see https://github.com/pytorch/pytorch/blob/main/torch/_utils.py
 */
import type { Dtype } from '../../core/dtype';
import {
  asKind,
  isSize,
  lastName,
  type PickleValue,
  type PyObject,
  sequenceOf,
  typePathOf,
} from '../pickle';
import { dtypeOfCodes, dtypeOfName, dtypeOfNumpy, dtypeOfStorage } from './dtypes';

/** A strided tensor as the pickle describes it; nothing is checked against the storage yet. */
export interface Described {
  readonly kind: 'strided';
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
  /** Key of a storage in the archive, or the bytes themselves (NumPy arrays). */
  readonly storage: string | Uint8Array;
}

/** Codes and what they stand for: (q − zero point) · scale, of the tensor or of each slice of an axis. */
export interface DescribedQuantized {
  readonly kind: 'quantized';
  readonly codes: Described;
  readonly scheme:
    | { readonly kind: 'tensor'; readonly scale: number; readonly zeroPoint: number }
    | {
        readonly kind: 'slices';
        readonly axis: number;
        readonly scales: PyObject;
        readonly zeroPoints: PyObject;
      };
}

export interface Undescribed {
  readonly kind: 'unreadable';
  readonly reason: string;
}

const unreadable = (reason: string): Undescribed => ({ kind: 'unreadable', reason });

const reasons: ReadonlyMap<string, string> = new Map([
  ['_rebuild_sparse_tensor', 'a sparse tensor'],
  ['_rebuild_sparse_csr_tensor', 'a sparse tensor'],
  ['_rebuild_meta_tensor_no_storage', 'a meta tensor, which has no values'],
  ['_rebuild_nested_tensor', 'a nested tensor'],
  ['_rebuild_wrapper_subclass', 'a tensor of a class that keeps its values elsewhere'],
  ['_rebuild_device_tensor_from_numpy', 'a tensor of a device kept as a NumPy array'],
]);

/** Reads a call as a tensor; undefined where it is none. */
export function describeTensor(
  call: PyObject,
): Described | DescribedQuantized | Undescribed | undefined {
  // Parameters and subclasses wrap a tensor; the loop ends since a pickle cannot nest deeper than it is long.
  let current: PyObject = call;
  for (let depth = 0; depth < 16; depth++) {
    const path = typePathOf(current);
    const args = sequenceOf(current.args) ?? [];
    const name = lastName(path);
    if (/^numpy\._?core\.multiarray\._reconstruct$/.test(path)) return describeArray(current);
    if (path === 'torch.nn.parameter.UninitializedParameter') {
      return unreadable('a parameter that was not initialised');
    }
    if (!path.startsWith('torch._utils.') && !path.startsWith('torch._tensor.')) return undefined;
    switch (name) {
      case '_rebuild_tensor':
      case '_rebuild_tensor_v2':
        return describeStrided(args, undefined);
      case '_rebuild_tensor_v3':
        return describeStrided(args, args[6]);
      case '_rebuild_qtensor':
        return describeQuantized(args);
      case '_rebuild_parameter':
      case '_rebuild_parameter_with_state': {
        const inner = asKind(args[0], 'object');
        if (!inner) return unreadable('a parameter without a tensor');
        current = inner;
        break;
      }
      case '_rebuild_from_type':
      case '_rebuild_from_type_v2':
        current = { kind: 'object', type: args[0] ?? null, args: args[2] ?? null };
        break;
      default: {
        const reason = reasons.get(name);
        return reason === undefined ? undefined : unreadable(reason);
      }
    }
  }
  return unreadable('wrapped too deeply');
}

/** (storage, offset, size, stride, (scheme, scale, zero point) or (scheme, scales, zero points, axis), requires_grad, hooks) */
function describeQuantized(args: readonly PickleValue[]): DescribedQuantized | Undescribed {
  const codes = describeStrided(args, undefined, dtypeOfCodes);
  if (codes.kind === 'unreadable') return codes;
  const [type, scale, zeroPoint, axis] = sequenceOf(args[4]) ?? [];
  const name = asKind(type, 'global')?.path ?? 'unknown';
  if (name === 'torch.per_tensor_affine') {
    if (typeof scale !== 'number' || typeof zeroPoint !== 'number') {
      return unreadable('quantized with a scale or a zero point that is no number');
    }
    return { kind: 'quantized', codes, scheme: { kind: 'tensor', scale, zeroPoint } };
  }
  const scales = asKind(scale, 'object');
  const zeroPoints = asKind(zeroPoint, 'object');
  const isSlices = /^torch\.per_channel_affine(_float_qparams)?$/.test(name);
  if (!isSlices || !scales || !zeroPoints || !isSize(axis)) {
    return unreadable(`quantized as ${name}, which is not read`);
  }
  return { kind: 'quantized', codes, scheme: { kind: 'slices', axis, scales, zeroPoints } };
}

function describeStrided(
  args: readonly PickleValue[],
  dtypeName: PickleValue | undefined,
  dtypeOf = dtypeOfStorage,
): Described | Undescribed {
  const storageId = sequenceOf(asKind(args[0], 'persistent')?.id);
  const [tag, type, key, , , storageView] = storageId ?? [];
  if (tag !== 'storage' || (typeof key !== 'string' && typeof key !== 'number')) {
    return unreadable('its storage is not in the archive');
  }
  const storagePath = asKind(type, 'global')?.path ?? '';
  const namePath = asKind(dtypeName, 'global')?.path;
  const dtype = namePath === undefined ? dtypeOf(storagePath) : dtypeOfName(namePath);
  if (!dtype) return unreadable(`dtype ${namePath ?? storagePath} is not read`);
  const shape = sizesOf(args[2]);
  const strides = sizesOf(args[3]);
  const offset = args[1];
  // (key, offset, size) of a storage that is a part of another one: until 0.4.
  const viewOffset = sequenceOf(storageView)?.[1] ?? 0;
  if (!shape || !strides || !isSize(offset) || !isSize(viewOffset)) {
    return unreadable('its size, stride or offset is no list of counts');
  }
  if (shape.length !== strides.length || shape.length > 64) {
    return unreadable(`has ${shape.length} sizes and ${strides.length} strides`);
  }
  const start = viewOffset + offset;
  return { kind: 'strided', dtype, shape, strides, offset: start, storage: String(key) };
}

/** A NumPy array: its state is (version, shape, dtype, is in Fortran order, bytes). */
function describeArray(array: PyObject): Described | Undescribed {
  const [, shapeValue, dtypeValue, isFortran, bytes] = sequenceOf(array.state) ?? [];
  const dtypeObject = asKind(dtypeValue, 'object');
  const code = dtypeObject && sequenceOf(dtypeObject.args)?.[0];
  const byteOrder = dtypeObject && sequenceOf(dtypeObject.state)?.[1];
  const shape = sizesOf(shapeValue);
  const dtype = typeof code === 'string' ? dtypeOfNumpy(code) : undefined;
  if (!dtype)
    return unreadable(`a NumPy array of type ${typeof code === 'string' ? code : 'unknown'}`);
  if (byteOrder === '>') return unreadable('a big-endian NumPy array');
  if (!shape || shape.length > 64) return unreadable('its shape is no list of counts');
  if (!(bytes instanceof Uint8Array)) return unreadable('a NumPy array without bytes');
  const strides = isFortran === true ? fortranStrides(shape) : rowMajorStrides(shape);
  return { kind: 'strided', dtype, shape, strides, offset: 0, storage: bytes };
}

function rowMajorStrides(shape: readonly number[]): number[] {
  return fortranStrides([...shape].reverse()).reverse();
}

function fortranStrides(shape: readonly number[]): number[] {
  let stride = 1;
  return shape.map((size) => {
    const own = stride;
    stride *= size;
    return own;
  });
}

function sizesOf(value: PickleValue | undefined): number[] | undefined {
  const items = sequenceOf(value);
  if (!items?.every(isSize)) return undefined;
  return [...items];
}
