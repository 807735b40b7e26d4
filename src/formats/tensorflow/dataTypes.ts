import type { Dtype } from '../../core/dtype';

/** How an element type of TensorFlow is stored. */
export interface DataType {
  /** As TensorFlow calls it. */
  readonly name: string;
  /** Undefined where it is not read. */
  readonly dtype?: Dtype;
}

/** @see https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/types.proto */
const dataTypes: ReadonlyMap<number, DataType> = new Map<number, DataType>([
  [1, { name: 'DT_FLOAT', dtype: 'f32' }],
  [2, { name: 'DT_DOUBLE', dtype: 'f64' }],
  [3, { name: 'DT_INT32', dtype: 'i32' }],
  [4, { name: 'DT_UINT8', dtype: 'u8' }],
  [5, { name: 'DT_INT16', dtype: 'i16' }],
  [6, { name: 'DT_INT8', dtype: 'i8' }],
  [7, { name: 'DT_STRING' }],
  [8, { name: 'DT_COMPLEX64' }],
  [9, { name: 'DT_INT64', dtype: 'i64' }],
  [10, { name: 'DT_BOOL', dtype: 'bool' }],
  [11, { name: 'DT_QINT8', dtype: 'i8' }],
  [12, { name: 'DT_QUINT8', dtype: 'u8' }],
  [13, { name: 'DT_QINT32', dtype: 'i32' }],
  [14, { name: 'DT_BFLOAT16', dtype: 'bf16' }],
  [15, { name: 'DT_QINT16', dtype: 'i16' }],
  [16, { name: 'DT_QUINT16', dtype: 'u16' }],
  [17, { name: 'DT_UINT16', dtype: 'u16' }],
  [18, { name: 'DT_COMPLEX128' }],
  [19, { name: 'DT_HALF', dtype: 'f16' }],
  [20, { name: 'DT_RESOURCE' }],
  [21, { name: 'DT_VARIANT' }],
  [22, { name: 'DT_UINT32', dtype: 'u32' }],
  [23, { name: 'DT_UINT64', dtype: 'u64' }],
  [24, { name: 'DT_FLOAT8_E5M2', dtype: 'f8_e5m2' }],
  [25, { name: 'DT_FLOAT8_E4M3FN', dtype: 'f8_e4m3fn' }],
  [26, { name: 'DT_FLOAT8_E4M3FNUZ' }],
  [27, { name: 'DT_FLOAT8_E4M3B11FNUZ' }],
  [28, { name: 'DT_FLOAT8_E5M2FNUZ' }],
  [29, { name: 'DT_INT4' }],
  [30, { name: 'DT_UINT4' }],
  [31, { name: 'DT_INT2' }],
  [32, { name: 'DT_UINT2' }],
]);

export const stringType = 7;

export function dataTypeOf(value: number): DataType {
  return dataTypes.get(value) ?? { name: `type ${value}` };
}
