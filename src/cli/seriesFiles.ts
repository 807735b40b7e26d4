import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { findRuns, isCheckpointName, runOfFiles } from '../analysis/runs';
import type { Run, RunFile } from '../core/series';
import { UsageError } from './usage';

/** Checkpoints lie a few folders below that of their run. */
const maxDepth = 6;
/** More than any run writes; a folder that is no run's is not walked through for minutes. */
const maxEntries = 50_000;
const skippedFolders =
  /^(?:\.git|\.venv|venv|node_modules|__pycache__|site-packages|wandb|\.cache)$/;

/** The run that a folder holds or that the files are. Where there are several, says which. */
export async function runAt(paths: readonly string[]): Promise<Run> {
  const [first, ...more] = paths;
  if (first === undefined) throw new UsageError('series needs a folder, or files');
  const isFolder = (await stat(first)).isDirectory();
  if (!isFolder) return runOfFiles(await Promise.all(paths.map(fileAt)));
  if (more.length > 0) throw new UsageError('series takes one folder, or files');
  const runs = findRuns(await filesBelow(resolve(first)));
  const [run, ...others] = runs;
  if (!run) throw new UsageError(`no run of two or more checkpoints in "${first}"`);
  if (others.length > 0) {
    const lines = runs.map(
      ({ name, folder, points }) => `  ${folder}: ${name}, ${points.length} checkpoints`,
    );
    throw new UsageError(
      `${runs.length} runs in "${first}"; name one's files\n${lines.join('\n')}`,
    );
  }
  return run;
}

async function fileAt(path: string): Promise<RunFile> {
  const { mtimeMs, size } = await stat(path);
  return { path: resolve(path).replaceAll('\\', '/'), modifiedMs: mtimeMs, byteLength: size };
}

async function filesBelow(folder: string): Promise<readonly RunFile[]> {
  const files: RunFile[] = [];
  let left = maxEntries;
  const walk = async (at: string, depth: number): Promise<void> => {
    for (const entry of await readdir(at, { withFileTypes: true })) {
      left -= 1;
      if (left < 0) return;
      const path = join(at, entry.name);
      if (entry.isDirectory()) {
        if (depth < maxDepth && !skippedFolders.test(entry.name)) await walk(path, depth + 1);
      } else if (entry.isFile() && isCheckpointName(path.replaceAll('\\', '/'))) {
        files.push(await fileAt(path));
      }
    }
  };
  await walk(folder, 1);
  return files;
}
