/**
 * What is read of a TFLite model, by the order of fields in the schema:
 *
 *     Model         0 version, 1 operator_codes, 2 subgraphs, 3 description, 4 buffers
 *     OperatorCode  0 deprecated_builtin_code, 1 custom_code, 3 builtin_code
 *     SubGraph      0 tensors, 3 operators, 4 name
 *     Tensor        0 shape, 1 type, 2 buffer, 3 name, 4 quantization, 6 sparsity, 10 external_buffer
 *     Quantization  2 scale, 3 zero_point, 4 details_type, 5 details (0 scales, 1 zero_points, 2 block_size), 6 quantized_dimension
 *     Operator      0 opcode_index, 1 inputs, 2 outputs, 4 builtin_options
 *     Buffer        0 data, 1 offset, 2 size (both where the data lie behind the tables)
 *
 * @see https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs
 */
import type { FlatReader, Table, Vector } from './flatbuffer';
import { customOperator, operatorName } from './operators';
import { optionsOf } from './options';
import { readSparsity, type Sparsity } from './sparsity';

const maxRank = 64;
const maxInputs = 2 ** 16;
/** One for each output channel; models of languages have a quarter of a million. */
const maxScales = 2 ** 24;
/** Scales of blocks are a tensor of their own. */
const blockwise = 2;

export interface Place {
  readonly offset: number;
  readonly length: number;
}

export interface Quantization {
  readonly scales: Float64Array;
  readonly zeroPoints: Float64Array;
  readonly axis: number;
  /** Tensors of the subgraph that have scales and zero points of blocks. */
  readonly blocks?: { readonly scales: number; readonly zeroPoints: number; readonly size: number };
}

export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: number;
  readonly buffer: number;
  /** Undefined for what is calculated while the model runs. */
  readonly place?: Place;
  readonly quantization?: Quantization;
  readonly sparsity?: Sparsity;
  readonly isExternal: boolean;
}

export interface Operator {
  readonly op: string;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly options: Readonly<Record<string, number | boolean>>;
}

export interface Subgraph {
  readonly name: string;
  readonly tensors: readonly StoredTensor[];
  readonly operators: readonly Operator[];
}

export interface Model {
  readonly version: number;
  readonly description: string;
  readonly subgraphs: readonly Subgraph[];
}

export async function readModel(reader: FlatReader): Promise<Model> {
  const root = await reader.root();
  const codes: string[] = [];
  for await (const code of root.tables(1, 'operator codes')) codes.push(await readCode(code));
  const buffers = await root.vector(4, 4, 'buffers');
  const subgraphs: Subgraph[] = [];
  for await (const graph of root.tables(2, 'subgraphs')) {
    const tensors: StoredTensor[] = [];
    for await (const tensor of graph.tables(0, 'tensors')) {
      tensors.push(await readTensor(tensor, { root, buffers, reader }));
    }
    const operators: Operator[] = [];
    for await (const operator of graph.tables(3, 'operators')) {
      operators.push(await readOperator(operator, codes));
    }
    subgraphs.push({ name: await graph.text(4, 'the name of a subgraph'), tensors, operators });
  }
  const description = await root.text(3, 'the description');
  return { version: root.u32(0), description, subgraphs };
}

/** Codes above 127 are in a field that came later; the older one then has 127. */
async function readCode(table: Table): Promise<string> {
  const code = Math.max(table.i8(0), table.i32(3));
  if (code !== customOperator) return operatorName(code);
  const custom = await table.text(1, 'the name of an operator');
  return custom === '' ? 'CUSTOM' : custom;
}

interface Context {
  readonly root: Table;
  readonly buffers: Vector | undefined;
  readonly reader: FlatReader;
}

async function readTensor(table: Table, context: Context): Promise<StoredTensor> {
  const name = await table.text(3, 'the name of a tensor');
  const buffer = table.u32(2);
  const place = await readBuffer(buffer, name, context);
  const quantization = place && (await table.table(4));
  const sparsity = place && (await table.table(6));
  return {
    name,
    shape: await table.ints(0, `axes of "${name}"`, maxRank),
    type: table.i8(1),
    buffer,
    isExternal: table.u32(10) !== 0,
    ...(place && { place }),
    ...(sparsity && { sparsity: await readSparsity(sparsity, name) }),
    ...(quantization && { quantization: await readQuantization(quantization, name) }),
  };
}

/** Buffer 0 stands for none. */
async function readBuffer(
  index: number,
  name: string,
  { root, buffers, reader }: Context,
): Promise<Place | undefined> {
  if (index === 0) return undefined;
  if (index >= (buffers?.count ?? 0)) {
    throw reader.fault(`"${name}" is in buffer ${index} of ${buffers?.count ?? 0}`, 0);
  }
  const buffer = await root.tableAt(buffers, index);
  const offset = buffer.u64(1, `the place of "${name}"`);
  // Files beyond 2 GB have the data behind the tables; 1 was written while the place was not known yet.
  if (offset > 1) return { offset, length: buffer.u64(2, `the length of "${name}"`) };
  const data = await buffer.vector(0, 1, `the values of "${name}"`);
  return data && data.count > 0 ? { offset: data.start, length: data.count } : undefined;
}

async function readQuantization(table: Table, name: string): Promise<Quantization> {
  const details = table.u8(4) === blockwise ? await table.table(5) : undefined;
  return {
    scales: await table.floats(2, `scales of "${name}"`, maxScales),
    zeroPoints: await table.longs(3, `zero points of "${name}"`, maxScales),
    axis: table.i32(6),
    ...(details && {
      blocks: { scales: details.i32(0), zeroPoints: details.i32(1), size: details.i32(2) },
    }),
  };
}

async function readOperator(table: Table, codes: readonly string[]): Promise<Operator> {
  const op = codes[table.u32(0)] ?? 'unknown';
  const options = await table.table(4);
  return {
    op,
    inputs: await table.ints(1, `inputs of ${op}`, maxInputs),
    outputs: await table.ints(2, `outputs of ${op}`, maxInputs),
    options: options ? optionsOf(op, options) : {},
  };
}
