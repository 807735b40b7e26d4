import { fitMarchenkoPastur, minFitted } from './marchenkoPasturFit';
import type { MeasuredBuilder } from './measured';
import type { SpectrumInput } from './measureSpectrum';

/** Marchenko–Pastur fit of the matrix (`mp.`) and of the matrix with rows of length 1 (`mp_rn.`). */
export function measureMarchenkoPastur(input: SpectrumInput, out: MeasuredBuilder): void {
  setFit('mp', input.singularValues, input.m, input.k, out);
  const { rowNormalised } = input;
  if (rowNormalised) {
    setFit('mp_rn', rowNormalised.singularValues, rowNormalised.m, rowNormalised.k, out);
  }
}

function setFit(
  prefix: string,
  sigma: Float64Array,
  m: number,
  k: number,
  out: MeasuredBuilder,
): void {
  const p = Math.min(m, k);
  if (p < minFitted) {
    out.absent('marchenko-pastur', `${prefix}: ${p} singular values, ${minFitted} are needed`);
    return;
  }
  const fit = fitMarchenkoPastur(
    sigma.map((s) => s * s),
    p,
    Math.max(m, k),
  );
  if (!fit) {
    out.absent('marchenko-pastur', `${prefix}: most singular values are zero`);
    return;
  }
  out.set(`${prefix}.num_spikes`, fit.spikeCount, 0);
  out.set(`${prefix}.edge`, fit.edge);
  out.set(`${prefix}.s2`, fit.variance);
  out.set(`${prefix}.softrank`, fit.softRank, 1);
  out.set(`${prefix}.spike_energy`, fit.spikeEnergy, 0);
  out.set(`${prefix}.D_bulk`, fit.distance);
}
