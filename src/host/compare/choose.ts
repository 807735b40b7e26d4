import { basename } from 'node:path/posix';

import { TabInputCustom, window, workspace, type QuickPickItem, type Uri } from 'vscode';

import { optionalViewType, viewType } from '../contributions';

/** Names of files that are offered, and how many: a workspace of a long run holds thousands. */
const offeredFiles = '**/*.{safetensors,pt,pth,ckpt,keras,h5,npz,onnx,gguf,tflite,msgpack}';
const maxOffered = 500;

export type Pair = readonly [a: Uri, b: Uri];

interface FileItem extends QuickPickItem {
  /** Absent: the item that opens a file dialog. */
  readonly uri?: Uri;
}

/** Checkpoints that an editor of ours shows, in the order of the tabs, each once. */
export function openCheckpoints(): readonly Uri[] {
  const uris = window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .flatMap(({ input }: { readonly input: unknown }) =>
      input instanceof TabInputCustom && isOurs(input.viewType) ? [input.uri] : [],
    );
  return unique(uris);
}

/** The checkpoint of the active tab. */
export function activeCheckpoint(): Uri | undefined {
  const input: unknown = window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof TabInputCustom && isOurs(input.viewType) ? input.uri : undefined;
}

/** Two checkpoints: those that are open where they are two, else the user's choice. Undefined where the user has left it. */
export async function choosePair(first?: Uri): Promise<Pair | undefined> {
  const open = openCheckpoints();
  const [one, other] = open;
  if (!first && open.length === 2 && one && other) return earlierFirst(one, other);
  const a = first ?? (await chooseFile('First checkpoint to compare', undefined));
  if (!a) return undefined;
  const b = await chooseFile(`Compare ${basename(a.path)} with`, a);
  return b && earlierFirst(a, b);
}

/** By the time of the last change: what training has written later is B. */
export async function earlierFirst(one: Uri, other: Uri): Promise<Pair> {
  const [timeOfOne, timeOfOther] = [await timeOf(one), await timeOf(other)];
  return timeOfOne > timeOfOther ? [other, one] : [one, other];
}

async function timeOf(uri: Uri): Promise<number> {
  try {
    return (await workspace.fs.stat(uri)).mtime;
  } catch {
    // A file that is not there says so where it is opened; its time does not matter.
    return 0;
  }
}

async function chooseFile(title: string, without: Uri | undefined): Promise<Uri | undefined> {
  const isOther = (uri: Uri): boolean => uri.toString() !== without?.toString();
  const open = openCheckpoints().filter(isOther);
  const found = (await workspace.findFiles(offeredFiles, undefined, maxOffered)).filter(isOther);
  const rest = found.filter((uri) => !open.some((one) => one.toString() === uri.toString()));
  const browse: FileItem = { label: '$(folder-opened) Browse…', alwaysShow: true };
  const items: FileItem[] = [
    ...open.map((uri) => itemOf(uri, 'open')),
    ...rest
      .sort((a, b) => a.path.localeCompare(b.path, 'en', { numeric: true }))
      .map((uri) => itemOf(uri)),
    browse,
  ];
  const picked = await window.showQuickPick(items, { title, matchOnDescription: true });
  if (picked !== browse) return picked?.uri;
  const chosen = await window.showOpenDialog({ title });
  return chosen?.[0];
}

function itemOf(uri: Uri, detail?: string): FileItem {
  const path = workspace.asRelativePath(uri);
  const name = basename(uri.path);
  const folder = path.slice(0, Math.max(0, path.length - name.length - 1));
  return {
    label: name,
    description: [folder, detail].filter((part) => part !== undefined && part !== '').join(' · '),
    uri,
  };
}

function isOurs(type: string): boolean {
  return type === viewType || type === optionalViewType;
}

function unique(uris: readonly Uri[]): readonly Uri[] {
  return [...new Map(uris.map((uri) => [uri.toString(), uri])).values()];
}
