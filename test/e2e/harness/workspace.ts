import fs from 'node:fs';
import path from 'node:path';

import { inject } from 'vitest';

import { root } from '../../../scripts/lib/paths.mjs';

/** A new folder with copies of example files, so that a scenario may change them. */
export function exampleWorkspace(name: string): string {
  const folder = emptyWorkspace(name);
  fs.cpSync(path.join(root, 'examples'), folder, {
    recursive: true,
    filter: (source) => !source.includes('__pycache__'),
  });
  return folder;
}

/** A new folder with the given files. */
export function workspaceOf(
  name: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): string {
  const folder = emptyWorkspace(name);
  for (const [file, content] of Object.entries(files)) {
    const target = path.join(folder, file);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, content);
  }
  return folder;
}

function emptyWorkspace(name: string): string {
  const folder = path.join(inject('workspaces'), name);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  return folder;
}
