import type { SymmetricMatrix } from '../kernels';
import type { MatrixSource } from '../metrics';
import type { Measurer } from './measurer';
import { Stopped } from './stop';

/**
 * A very tall matrix whose Gram matrix is formed by all measurers, each of a range of its rows: for a layer that is measured alone
 * while the others have nothing to do.
 */
export function splitSource(
  source: MatrixSource,
  layer: number,
  measurers: readonly Measurer[],
): MatrixSource {
  return {
    ...source,
    columnGram: async (_block, { precision = 'f64', rowScales }) => {
      const step = Math.ceil(source.rows / measurers.length);
      const parts = await Promise.all(
        measurers.map((measurer, index) => {
          const first = Math.min(source.rows, index * step);
          const end = Math.min(source.rows, first + step);
          const scales = rowScales?.slice(first, end);
          return measurer.gramPart(layer, {
            ...{ first, end, precision },
            ...(scales && { rowScales: scales }),
          });
        }),
      );
      let sum: SymmetricMatrix | undefined;
      for (const part of parts) {
        if (part.kind === 'stopped') throw new Stopped();
        if (part.kind === 'failed') throw new RangeError(part.reason);
        if (sum) add(sum, part.value);
        else sum = part.value;
      }
      if (!sum) throw new RangeError('no measurer for the Gram matrix');
      return sum;
    },
  };
}

function add({ data }: SymmetricMatrix, other: SymmetricMatrix): void {
  for (let i = 0; i < data.length; i++) data[i]! += other.data[i]!;
}
