/** What the module exports for the streaming pass. Types and meanings stand with the AssemblyScript functions. */
export interface StatisticsExports {
  measureFloats(
    values: number,
    count: number,
    spare: number,
    records: number,
    bins: number,
    lines: number,
  ): void;
  measureDoubles(
    values: number,
    count: number,
    inverse: number,
    spare: number,
    records: number,
    bins: number,
    lines: number,
  ): void;
  largestDoubles(values: number, count: number, results: number): void;
  beginLines(
    axes: number,
    count: number,
    squares: number,
    maxima: number,
    rowZeros: number,
    columnSquares: number,
    columnZeros: number,
    bitmap: number,
    stride: number,
  ): void;
  zeroStructure(
    bitmap: number,
    rows: number,
    columns: number,
    stride: number,
    channels: number,
    results: number,
  ): void;
  countCodes16(codes: number, count: number, table: number): void;
  countCodes8(codes: number, count: number, table: number): void;
  takeCodes(table: number, tables: number, length: number, target: number): number;
  addCodeLines(codes: number, count: number, kind: number, meanings: number, spare: number): void;
  takeBins(bins: number, target: number): number;
  gatherFloats(values: number, count: number, marks: number, target: number): number;
  gatherDoubles(values: number, count: number, marks: number, target: number): number;
}
