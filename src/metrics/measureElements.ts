import type { Measured } from '../core/metric';
import type { ElementInput } from './elementInput';
import { measureIntegrity } from './integrity';
import { MeasuredBuilder } from './measured';
import { measureNorms } from './norms';
import { measureShape } from './shape';
import { measureSparsity } from './sparsity';

/** Integrity, sparsity, norms and shape of one tensor, from its statistics. */
export function measureElements(input: ElementInput): Measured {
  const { statistics, role } = input;
  const out = new MeasuredBuilder();
  if (statistics.count === 0) return out.absent('norms', 'the tensor has no elements').build();
  measureIntegrity(input, out);
  const { finiteCount: n, zeroCount, l2 } = statistics;
  if (n === 0) return out.absent('norms', 'no element is finite').build();
  // Of masks and counters only the zeros mean something; of optimizer state also the magnitude.
  if (role === 'aux') return out.set('zero.frac', zeroCount / n).build();
  if (role === 'optimizer') {
    return out
      .set('zero.frac', zeroCount / n)
      .set('rms', l2 / Math.sqrt(n))
      .build();
  }
  const refinement = input.refinement ?? statistics.refinement;
  measureSparsity(input, refinement, out);
  measureNorms(input, refinement, out);
  measureShape(input, refinement, out);
  return out.build();
}
