import type { Checkpoint } from '../core/checkpoint';
import type { KernelChoice } from '../kernels';
import type { CheckpointSummary, Totals } from '../core/report';
import type { LayerEntry } from './entry';

/** What the file says of itself; a backend that could not run as asked is a notice beside those of the reader. */
export function summaryOf(
  checkpoint: Checkpoint,
  { name, choice }: { readonly name: string; readonly choice: Pick<KernelChoice, 'problem'> },
): CheckpointSummary {
  const { format, description, framework, files, optimizers, recorded, declared, notices } =
    checkpoint;
  return {
    name,
    format,
    description,
    framework,
    files,
    bytes: files.reduce((sum, { byteLength }) => sum + byteLength, 0),
    optimizers,
    recorded,
    ...(declared === undefined ? {} : { declared }),
    notices:
      choice.problem === undefined
        ? notices
        : [...notices, { severity: 'warn', message: choice.problem }],
  };
}

/** Sums over the layers measured so far; ‖W‖ is the root of the sum of squares. */
export function totalsOf(checkpoint: Checkpoint, entries: readonly LayerEntry[]): Totals {
  let parameterCount = 0;
  let count = 0;
  let zeros = 0;
  let l2 = 0;
  let measuredLayerCount = 0;
  for (const { report, sums } of entries) {
    parameterCount += report.parameterCount;
    if (report.state === 'done') measuredLayerCount += 1;
    if (!sums) continue;
    count += sums.count;
    zeros += sums.zeroCount;
    l2 = Math.hypot(l2, sums.l2);
  }
  return {
    tensorCount: checkpoint.tensors.length,
    parameterCount,
    byteCount: checkpoint.files.reduce((sum, { byteLength }) => sum + byteLength, 0),
    ...(count > 0 ? { zeroFraction: zeros / count, l2 } : {}),
    measuredLayerCount,
  };
}
