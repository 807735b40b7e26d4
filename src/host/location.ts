import { basename } from 'node:path/posix';

import { FileType, window, workspace, type Uri } from 'vscode';

import type { Location } from '../protocol/workerApi';
import type { Failure } from '../protocol/viewApi';
import { remoteScheme } from './contributions';
import { refusal } from './failures';
import { locateRemote, type AccessTokens } from './remote';

const mebibyte = 2 ** 20;
/** Virtual files can only be read whole: this much without a question, and no more than that. */
const virtualWithoutAsking = 64 * mebibyte;
const virtualAtMost = 512 * mebibyte;

/** Where the worker finds the bytes: a path on this machine, or the whole content of a virtual document. */
export async function locate(uri: Uri, tokens?: AccessTokens): Promise<Location | Failure> {
  if (uri.scheme === remoteScheme) return await locateRemote(uri, tokens);
  if (uri.scheme === 'file') return { kind: 'path', path: uri.fsPath };
  const { size, type } = await workspace.fs.stat(uri);
  if (type & FileType.Directory) {
    return refusal('A folder', 'A folder cannot be opened as one file', 'Open a file of it');
  }
  if (size > virtualAtMost) {
    return refusal(
      'Too large for this file system',
      `${megabytes(size)} in ${uri.scheme}: files there can only be read whole, up to ${megabytes(virtualAtMost)}`,
      'Copy the file to a local or remote disk and open it there: then only the parts that are needed are read',
    );
  }
  if (size > virtualWithoutAsking && !(await mayRead(uri, size))) {
    return refusal('Not read', `${megabytes(size)} were not read`, 'Reload to be asked again');
  }
  // Node's Buffer would cross the thread as it is, but its pool's other bytes with it.
  const bytes = new Uint8Array(await workspace.fs.readFile(uri));
  return { kind: 'bytes', name: basename(uri.path), bytes };
}

async function mayRead(uri: Uri, size: number): Promise<boolean> {
  const read = 'Read';
  const answer = await window.showWarningMessage(
    `Read all ${megabytes(size)} of ${basename(uri.path)}?`,
    { modal: true, detail: `Files of "${uri.scheme}" can only be read whole.` },
    read,
  );
  return answer === read;
}

function megabytes(size: number): string {
  return `${Math.round(size / 1e6).toLocaleString('en')} MB`;
}
