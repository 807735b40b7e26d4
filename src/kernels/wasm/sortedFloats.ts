import { Layout, type Engine } from './engine';

/** Sorts finite values in place, ascending. */
export function sortFloats(engine: Engine, values: Float32Array): Float32Array {
  const { byteLength, length } = values;
  const layout = new Layout();
  const valuesAt = layout.take(byteLength);
  const spareAt = layout.take(byteLength);
  const countsAt = layout.take(3 * 8192);
  return engine.run(layout.size, (exports, buffer, base) => {
    const inMemory = new Float32Array(buffer, base + valuesAt, length);
    inMemory.set(values);
    exports.sortFloats(base + valuesAt, base + spareAt, length, base + countsAt);
    values.set(inMemory);
    return values;
  });
}

/** The Gini index of finite values in ascending order, of which `linf` is the largest magnitude and not 0. */
export function giniOf(engine: Engine, values: Float32Array, linf: number): number {
  const layout = new Layout();
  const valuesAt = layout.take(values.byteLength);
  const resultAt = layout.take(16);
  const right = firstNotNegative(values);
  return engine.run(layout.size, (exports, buffer, base) => {
    new Float32Array(buffer, base + valuesAt).set(values);
    const { length } = values;
    exports.rankMagnitudes(base + valuesAt, length, right, linf, base + resultAt);
    const [sum, weighted] = new Float64Array(buffer, base + resultAt, 2);
    return 1 - (2 * weighted!) / (length * sum!);
  });
}

function firstNotNegative(values: Float32Array): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
