/** Element types of stored tensors. Names follow NumPy and ml_dtypes, shortened. */
export type Dtype =
  | 'f64'
  | 'f32'
  | 'f16'
  | 'bf16'
  | 'f8_e4m3fn'
  | 'f8_e5m2'
  | 'i8'
  | 'i16'
  | 'i32'
  | 'i64'
  | 'u8'
  | 'u16'
  | 'u32'
  | 'u64'
  | 'bool';

export interface DtypeInfo {
  readonly byteSize: number;
  readonly kind: 'float' | 'integer' | 'boolean';
  /** Unit roundoff 2^-P of a float type (P significand bits, the hidden one included); 0 for others. */
  readonly unitRoundoff: number;
  /** Largest finite magnitude. */
  readonly max: number;
  /** Smallest normal magnitude of a float type; 0 for others. */
  readonly minNormal: number;
}

const float = (byteSize: number, bits: number, max: number, minNormal: number): DtypeInfo => ({
  byteSize,
  kind: 'float',
  unitRoundoff: 2 ** -bits,
  max,
  minNormal,
});

const integer = (byteSize: number, max: number): DtypeInfo => ({
  byteSize,
  kind: 'integer',
  unitRoundoff: 0,
  max,
  minNormal: 0,
});

/** IEEE 754 for f64, f32 and f16; Google's bfloat16; OCP 8-bit floating point (OFP8) for the f8 types. */
export const dtypes: Readonly<Record<Dtype, DtypeInfo>> = {
  f64: float(8, 53, Number.MAX_VALUE, 2 ** -1022),
  f32: float(4, 24, (2 - 2 ** -23) * 2 ** 127, 2 ** -126),
  f16: float(2, 11, 65504, 2 ** -14),
  bf16: float(2, 8, (2 - 2 ** -7) * 2 ** 127, 2 ** -126),
  f8_e4m3fn: float(1, 4, 448, 2 ** -6),
  f8_e5m2: float(1, 3, 57344, 2 ** -14),
  i8: integer(1, 2 ** 7),
  i16: integer(2, 2 ** 15),
  i32: integer(4, 2 ** 31),
  i64: integer(8, 2 ** 63),
  u8: integer(1, 2 ** 8 - 1),
  u16: integer(2, 2 ** 16 - 1),
  u32: integer(4, 2 ** 32 - 1),
  u64: integer(8, 2 ** 64),
  bool: { byteSize: 1, kind: 'boolean', unitRoundoff: 0, max: 1, minNormal: 0 },
};

export function isFloat(dtype: Dtype): boolean {
  return dtypes[dtype].kind === 'float';
}
