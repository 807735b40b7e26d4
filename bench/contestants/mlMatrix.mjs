/** Singular values by ml-matrix, plain JavaScript in double precision. A line of JSON in, a line out. */
import { createRequire } from 'node:module';
import path from 'node:path';
import readline from 'node:readline';
import fs from 'node:fs';

const { Matrix, SVD } = createRequire(path.join(process.argv[2], 'package.json'))('ml-matrix');
const options = { computeLeftSingularVectors: false, computeRightSingularVectors: false };

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { layers, count } = JSON.parse(line);
  const [{ file, rows, columns }] = layers;
  const data = new Float32Array(new Uint8Array(fs.readFileSync(file)).buffer);
  const matrix = Matrix.from1DArray(rows, columns, Float64Array.from(data));
  const start = performance.now();
  for (let i = 0; i < count; i++) new SVD(matrix, options);
  const seconds = (performance.now() - start) / 1000 / count;
  process.stdout.write(`${JSON.stringify({ seconds })}\n`);
}
