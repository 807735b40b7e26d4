import { randomNumbers } from '../wasm/testMatrices';

/** Element (r, c) of an n × n matrix from its random number and its place; the same as in nonsymmetricGoldens.py. */
type Element = (random: number, r: number, c: number, n: number) => number;

const kinds: Record<string, Element> = {
  random: (x) => x,
  orthogonal: (_, r, c, n) =>
    Math.cos((Math.PI * (2 * c + 1) * r) / (2 * n)) *
    Math.sqrt(2 / n) *
    (r === 0 ? Math.SQRT1_2 : 1),
  cyclic: (_, r, c, n) => Number(c === (r + 1) % n),
  jordan: (_, r, c) => 2 * Number(r === c) + Number(c === r + 1),
  nilpotent: (_, r, c) => Number(r === c + 1),
  companion: (x, r, c) => (r === 0 ? x : 0) + Number(r === c + 1),
  graded: (x, r, c) => x * 10 ** (-(r + c) / 4),
  scaled: (x, r, c) => x * 10 ** (3 * (r % 5) - 3 * (c % 5)),
  triangular: (x, r, c) => (c >= r ? x : 0),
  huge: (x) => x * 1e200,
  zeros: () => 0,
};

export function nonsymmetricMatrix(kind: string, n: number): Float64Array {
  const random = randomNumbers(n * n, n);
  if (kind === 'symmetric') {
    return random.map((x, i) => x + random[(i % n) * n + Math.floor(i / n)]!);
  }
  const element = kinds[kind];
  if (!element) throw new RangeError(`no kind of matrix is called ${kind}`);
  return random.map((x, i) => element(x, Math.floor(i / n), i % n, n));
}
