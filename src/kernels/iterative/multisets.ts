import type { ComplexEigenvalues } from '../kernels';

/** Largest distance of a value to its partner when each wanted value takes the nearest one that is left; NaN for other numbers of them. */
export function multisetDistance(
  got: ComplexEigenvalues,
  wanted: readonly (readonly [number, number])[],
): number {
  if (got.real.length !== wanted.length) return NaN;
  const left = Array.from(got.real, (re, i): [number, number] => [re, got.imaginary[i]!]);
  let worst = 0;
  for (const [re, im] of wanted) {
    let best = 0;
    const distance = (at: number) => Math.hypot(left[at]![0] - re, left[at]![1] - im);
    for (let i = 1; i < left.length; i++) if (distance(i) < distance(best)) best = i;
    worst = Math.max(worst, distance(best));
    left.splice(best, 1);
  }
  return worst;
}

/** Both members of each pair, of which only the upper one is given. */
export function wholeSpectrum(
  real: readonly number[],
  imaginary: readonly number[],
): [number, number][] {
  return real.flatMap((re, i): [number, number][] => {
    const im = imaginary[i]!;
    return im > 0
      ? [
          [re, im],
          [re, -im],
        ]
      : [[re, im]];
  });
}
