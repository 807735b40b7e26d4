import { spawnSync } from 'node:child_process';
import path from 'node:path';

import { root } from '../../scripts/lib/paths.mjs';

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the built `reglens` in the repository's root; no file may take longer than two minutes. */
export function reglens(...args: string[]): Ended {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(root, 'dist', 'cli.js'), ...args],
    { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 29, timeout: 120_000 },
  );
  return { code: status, out: stdout, err: stderr };
}
