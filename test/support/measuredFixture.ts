import { CheckpointAnalysis, localMeasurer, ownThread } from '../../src/analysis';
import type { Measurements } from '../../src/core/report';
import { openCheckpoint } from '../../src/formats';
import { openLocalFiles } from '../../src/io/checkpointFiles';
import { typescriptKernels } from '../../src/kernels';

/** Everything that the engine measures on a checkpoint, in this thread. */
export async function measuredFixture(
  path: string,
  { withOperatorNorms = false }: { readonly withOperatorNorms?: boolean } = {},
): Promise<Measurements> {
  const files = await openLocalFiles(path);
  try {
    const checkpoint = await openCheckpoint(files);
    const isStopped = (): boolean => false;
    const local = localMeasurer(checkpoint, {
      kernels: typescriptKernels,
      now: () => 0,
      isStopped,
    });
    const analysis = new CheckpointAnalysis(checkpoint, {
      name: files.main.name,
      choice: { kernels: typescriptKernels, describe: () => 'plain TypeScript' },
      local,
      pool: ownThread(local),
      isStopped,
      maxSpectrumSide: 4096,
      budgetSeconds: 600,
    });
    await analysis.run();
    if (withOperatorNorms) {
      for (const index of analysis.report().layers.keys()) await analysis.measureNow(index);
    }
    return analysis.report();
  } finally {
    await files.close();
  }
}
