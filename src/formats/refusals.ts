import { FormatError } from '../core/errors';
import type { Format, Probe } from '../core/format';

/** Why a file that no format claims is not shown. */
export function refusal(file: Probe, formats: readonly Format[]): Promise<FormatError> {
  const titles = formats.map(({ title }) => title).join(', ');
  return Promise.resolve(
    new FormatError(file.source.name, 'is of no checkpoint format that RegLens knows', {
      byteOffset: 0,
      remedy: `It reads ${titles}`,
    }),
  );
}
