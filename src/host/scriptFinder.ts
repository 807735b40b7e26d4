import { RelativePattern, workspace, type Uri } from 'vscode';

import { scriptLanguages } from './scripts';

/** Scripts looked at for one checkpoint, nearest folder first. */
const maxScripts = 60;
const maxFound = 2000;
const notOurs = '**/{node_modules,site-packages,.venv,venv,env,build,dist,.git}/**';

/** Scripts that may have written a checkpoint: of its workspace folder, those nearest to it first; open ones always. */
export async function scriptsNear(checkpoint: Uri): Promise<readonly Uri[]> {
  const open = workspace.textDocuments
    .filter(
      ({ languageId, uri }) =>
        scriptLanguages.some(({ language }) => language === languageId) &&
        !['git', 'vscode-notebook-cell'].includes(uri.scheme),
    )
    .map(({ uri }) => uri)
    .concat(workspace.notebookDocuments.map(({ uri }) => uri));
  const folder = workspace.getWorkspaceFolder(checkpoint);
  const found = folder
    ? await workspace.findFiles(
        new RelativePattern(folder, '**/*.{py,js,mjs,cjs,ts,mts,tsx}'),
        notOurs,
        maxFound,
      )
    : [];
  const openKeys = new Set(open.map((uri) => uri.toString()));
  const near = found
    .filter((uri) => !openKeys.has(uri.toString()))
    .sort(
      (a, b) => distance(checkpoint, a) - distance(checkpoint, b) || a.path.localeCompare(b.path),
    )
    .slice(0, maxScripts);
  return [...open, ...near];
}

/** Steps from one file's folder to the other's. */
function distance(from: Uri, to: Uri): number {
  const a = from.path.split('/').slice(0, -1);
  const b = to.path.split('/').slice(0, -1);
  let shared = 0;
  while (shared < a.length && shared < b.length && a[shared] === b[shared]) shared += 1;
  return a.length + b.length - 2 * shared;
}
