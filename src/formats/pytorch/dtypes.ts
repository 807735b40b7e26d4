import { type Dtype, dtypes } from '../../core/dtype';

/** Typed storages by their class; the old form of a tensor takes its dtype from there. */
const byStorage: ReadonlyMap<string, Dtype> = new Map([
  ['DoubleStorage', 'f64'],
  ['FloatStorage', 'f32'],
  ['HalfStorage', 'f16'],
  ['BFloat16Storage', 'bf16'],
  ['LongStorage', 'i64'],
  ['IntStorage', 'i32'],
  ['ShortStorage', 'i16'],
  ['CharStorage', 'i8'],
  ['ByteStorage', 'u8'],
  ['BoolStorage', 'bool'],
]);

/** Codes of quantized storages. */
const byQuantizedStorage: ReadonlyMap<string, Dtype> = new Map([
  ['QInt8Storage', 'i8'],
  ['QUInt8Storage', 'u8'],
  ['QInt32Storage', 'i32'],
]);

/** Bytes of an element of storages that are no tensors here but lie before others in a file. */
const otherSizes: ReadonlyMap<string, number> = new Map([
  ['UntypedStorage', 1],
  ['ComplexFloatStorage', 8],
  ['ComplexDoubleStorage', 16],
  ['QInt8Storage', 1],
  ['QUInt8Storage', 1],
  ['QInt32Storage', 4],
  ['QUInt4x2Storage', 1],
  ['QUInt2x4Storage', 1],
]);

/** `torch.float32` and its like, with their older names. */
const byName: ReadonlyMap<string, Dtype> = new Map([
  ['float64', 'f64'],
  ['double', 'f64'],
  ['float32', 'f32'],
  ['float', 'f32'],
  ['float16', 'f16'],
  ['half', 'f16'],
  ['bfloat16', 'bf16'],
  ['float8_e4m3fn', 'f8_e4m3fn'],
  ['float8_e5m2', 'f8_e5m2'],
  ['int64', 'i64'],
  ['long', 'i64'],
  ['int32', 'i32'],
  ['int', 'i32'],
  ['int16', 'i16'],
  ['short', 'i16'],
  ['int8', 'i8'],
  ['uint8', 'u8'],
  ['uint16', 'u16'],
  ['uint32', 'u32'],
  ['uint64', 'u64'],
  ['bool', 'bool'],
]);

const byNumpyCode: ReadonlyMap<string, Dtype> = new Map([
  ['f8', 'f64'],
  ['f4', 'f32'],
  ['f2', 'f16'],
  ['i8', 'i64'],
  ['i4', 'i32'],
  ['i2', 'i16'],
  ['i1', 'i8'],
  ['u8', 'u64'],
  ['u4', 'u32'],
  ['u2', 'u16'],
  ['u1', 'u8'],
  ['b1', 'bool'],
]);

/** dtype of a storage class such as `torch.cuda.HalfStorage`; undefined for quantized, complex and untyped ones. */
export function dtypeOfStorage(path: string): Dtype | undefined {
  return byStorage.get(path.slice(path.lastIndexOf('.') + 1));
}

/** dtype of the codes of a quantized storage class. */
export function dtypeOfCodes(path: string): Dtype | undefined {
  return byQuantizedStorage.get(path.slice(path.lastIndexOf('.') + 1));
}

/** Bytes of an element of a storage class; undefined where the class is none that torch has. */
export function elementBytesOfStorage(path: string): number | undefined {
  const dtype = dtypeOfStorage(path);
  return dtype ? dtypes[dtype].byteSize : otherSizes.get(path.slice(path.lastIndexOf('.') + 1));
}

/** dtype of a name such as `torch.float32`. */
export function dtypeOfName(path: string): Dtype | undefined {
  return path.startsWith('torch.') ? byName.get(path.slice('torch.'.length)) : undefined;
}

/** dtype of a NumPy type code such as `f4`, without its byte order. */
export function dtypeOfNumpy(code: string): Dtype | undefined {
  return byNumpyCode.get(code);
}
