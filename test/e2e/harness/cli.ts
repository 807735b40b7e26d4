import { spawnSync } from 'node:child_process';
import path from 'node:path';

import { root } from '../../../scripts/lib/paths.mjs';
import type { Report } from '../../../src/core/report';

/** What the built command line says of a file: the truth that the table is held to. */
export function inspect(file: string): Report {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(root, 'dist', 'cli.js'), 'inspect', '--json', file],
    { encoding: 'utf8', maxBuffer: 2 ** 28, timeout: 120_000 },
  );
  if (status !== 0) throw new Error(`reglens inspect ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as Report;
}
