import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { Folder } from '../core/folder';

/** A folder of this machine. Links are taken as files: what they lead to is found when it is opened. */
export function localFolder(path: string): Folder {
  return {
    list: async (at) => {
      const entries = await readdir(join(path, at), { withFileTypes: true });
      return entries.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }));
    },
    text: async (at, maxBytes) => {
      const file = await open(join(path, at), 'r');
      try {
        const { size } = await file.stat();
        return size > maxBytes ? undefined : await file.readFile('utf8');
      } finally {
        await file.close();
      }
    },
  };
}
