import { RelativePattern, Uri, workspace } from 'vscode';

import type { CheckpointPath } from '../training';

const maxMatches = 200;

/** Files that a script saves to, the newest first: its paths are taken relative to its folder and to the workspace's. */
export async function savedCheckpoints(
  script: Uri,
  paths: readonly CheckpointPath[],
): Promise<readonly { readonly uri: Uri; readonly mtime: number; readonly size: number }[]> {
  const folder = workspace.getWorkspaceFolder(script);
  if (!folder) return [];
  const bases = [Uri.joinPath(script, '..'), folder.uri];
  const patterns = paths
    .map(({ pattern }) => pattern.replaceAll('\\', '/').replace(/^\.\//, ''))
    .filter((pattern) => pattern !== '' && !pattern.startsWith('/') && !pattern.includes('..'));
  const found = new Map<string, Uri>();
  for (const base of bases) {
    for (const pattern of patterns) {
      const files = await workspace.findFiles(new RelativePattern(base, pattern), null, maxMatches);
      for (const uri of files) found.set(uri.toString(), uri);
    }
  }
  const stated = await Promise.all(
    [...found.values()].map(async (uri) => {
      const { mtime, size } = await workspace.fs.stat(uri);
      return { uri, mtime, size };
    }),
  );
  return stated.sort((a, b) => b.mtime - a.mtime || b.uri.path.localeCompare(a.uri.path));
}

/** Whether a file is one that a pattern of the script names, whatever the folder it runs in. */
export function isSavedAs(file: Uri, paths: readonly CheckpointPath[]): boolean {
  return paths.some(({ pattern }) => {
    const parts = pattern
      .replaceAll('\\', '/')
      .split('/')
      .filter((part) => part !== '' && part !== '.');
    const names = file.path.split('/').slice(-parts.length);
    return parts.length > 0 && parts.every((part, index) => matches(part, names[index] ?? ''));
  });
}

function matches(pattern: string, name: string): boolean {
  const source = pattern.replace(/[.+^${}()|[\]\\?]/g, '\\$&').replace(/\*+/g, '.*');
  return new RegExp(`^${source}$`).test(name);
}
