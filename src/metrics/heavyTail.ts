import type { MeasuredBuilder } from './measured';
import { fitPowerLaw } from './powerLawFit';

/** Fewest eigenvalues that are fitted at all. */
const minEigenvalues = 10;

/** When the exponent means something; 0 of 180 Gaussian matrices pass, 97 % of true power laws of 64 values or more do. */
const gate = { eigenvalues: 50, tail: 20, distance: 0.1, alpha: 8 } as const;

/** Power-law fit of eigenvalues σ² above the noise, as WeightWatcher does it but for its absolute threshold. */
export function measureHeavyTail(sigma: Float64Array, floor: number, out: MeasuredBuilder): void {
  const largest = sigma[0]! ** 2;
  const limit = Math.max(floor ** 2, 1e-10 * largest);
  const x = sigma
    .map((s) => s * s)
    .filter((value) => value > limit)
    .reverse();
  let total = 0;
  for (const s of sigma) total += s * s;
  out.set('log_norm', Math.log10(total));
  out.set('log_spectral_norm', Math.log10(largest));
  if (x.length < minEigenvalues) {
    out.absent(
      'heavy-tail',
      `${x.length} eigenvalues above the noise, ${minEigenvalues} are needed`,
    );
    return;
  }
  const fit = fitPowerLaw(x);
  if (!fit) {
    out.absent('heavy-tail', 'all eigenvalues are equal');
    return;
  }
  const { alpha, xmin, distance, sigma: error, tail } = fit;
  out
    .set('alpha', alpha)
    .set('xmin', xmin)
    .set('D', distance)
    .set('sigma', error)
    .set('tail', tail);
  out.set('num_pl_spikes', tail);
  out.set('alpha_weighted', alpha * Math.log10(largest));
  let scaled = 0;
  for (const value of x) scaled += (value / largest) ** alpha;
  out.set('log_alpha_norm', alpha * Math.log10(largest) + Math.log10(scaled));
  const failures = [
    x.length < gate.eigenvalues && `${x.length} eigenvalues, fewer than ${gate.eigenvalues}`,
    tail < gate.tail && `tail of ${tail}, fewer than ${gate.tail}`,
    distance > gate.distance && `D = ${distance.toFixed(3)} above ${gate.distance}`,
    alpha > gate.alpha && `α = ${alpha.toFixed(1)} above ${gate.alpha}`,
  ].filter((failure) => failure !== false);
  out.set('alpha.gated', failures.length === 0 ? 1 : 0);
  if (failures.length > 0)
    out.absent('heavy-tail', `alpha: not a power law (${failures.join(', ')})`);
}
