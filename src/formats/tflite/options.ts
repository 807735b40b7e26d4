import type { Table } from './flatbuffer';

type Reader = (table: Table) => number | boolean;

const int =
  (field: number, absent = 0): Reader =>
  (table) =>
    table.i32(field, absent);
const flag =
  (field: number): Reader =>
  (table) =>
    table.i8(field) !== 0;
const byte =
  (field: number): Reader =>
  (table) =>
    table.i8(field);

/** Options that say something about a weight, by their place in the operator's own table. */
const options: ReadonlyMap<string, Readonly<Record<string, Reader>>> = new Map<
  string,
  Readonly<Record<string, Reader>>
>([
  [
    'CONV_2D',
    {
      stride_w: int(1),
      stride_h: int(2),
      dilation_w: int(4, 1),
      dilation_h: int(5, 1),
    },
  ],
  [
    'DEPTHWISE_CONV_2D',
    {
      stride_w: int(1),
      stride_h: int(2),
      depth_multiplier: int(3),
      dilation_w: int(5, 1),
      dilation_h: int(6, 1),
    },
  ],
  ['TRANSPOSE_CONV', { stride_w: int(1), stride_h: int(2) }],
  ['FULLY_CONNECTED', { weights_format: byte(1), keep_num_dims: flag(2) }],
  ['BATCH_MATMUL', { adj_x: flag(0), adj_y: flag(1) }],
  ['GATHER', { axis: int(0) }],
]);

export function optionsOf(op: string, table: Table): Readonly<Record<string, number | boolean>> {
  const readers = Object.entries(options.get(op) ?? {});
  return Object.fromEntries(readers.map(([name, read]) => [name, read(table)]));
}
