import type { LayerDetail } from '../../protocol/layers';
import type { PairDetail } from '../../protocol/compareApi';
import type { PairEntry } from './pairEntry';
import { spectrumPoints } from './spectrumPoints';

/** What the view of a pair draws, from the details of both layers; what is absent says why. */
export function pairDetail(entry: PairEntry, a: LayerDetail, b: LayerDetail): PairDetail {
  const absent: Record<string, string> = {};
  const [spectrumA, spectrumB] = [a.arrays['singular_values'], b.arrays['singular_values']];
  for (const [side, detail] of [
    ['a', a],
    ['b', b],
  ] as const) {
    if (!detail.arrays['singular_values']) {
      absent[`spectra.${side}`] = detail.absent['spectrum'] ?? 'not measured';
    }
    if (!detail.cosines) absent[`cosines.${side}`] = detail.absent['cosines'] ?? 'not measured';
  }
  const { changeSpectrum, missing, state } = entry;
  if (!changeSpectrum) {
    absent['spectra.change'] =
      missing.find(({ part }) => part !== 'companions')?.reason ??
      (state === 'pending' ? 'not compared yet' : 'not measured');
  }
  return {
    index: entry.index,
    spectra: {
      ...(spectrumA && { a: spectrumPoints(spectrumA) }),
      ...(spectrumB && { b: spectrumPoints(spectrumB) }),
      ...(changeSpectrum && {
        change: { count: changeSpectrum.count, singularValues: changeSpectrum.singularValues },
      }),
    },
    cosines: { ...(a.cosines && { a: a.cosines }), ...(b.cosines && { b: b.cosines }) },
    absent,
  };
}
