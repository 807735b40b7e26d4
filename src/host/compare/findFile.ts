import { FileSystemError, workspace, type Uri } from 'vscode';

import type { Side } from '../../protocol/compareViewApi';
import type { Location } from '../../protocol/workerApi';
import type { Failure } from '../../protocol/viewApi';
import { refusal } from '../failures';
import { locate } from '../location';
import type { AccessTokens } from '../remote';

/** Where a file of the two is; a failure that says which of them it is where it is not there. */
export async function findFile(
  uri: Uri,
  side: Side,
  tokens: AccessTokens,
): Promise<Location | Failure> {
  const which = `${uri.path.split('/').at(-1) ?? uri.path} (${side.toUpperCase()})`;
  try {
    await workspace.fs.stat(uri);
    const found = await locate(uri, tokens);
    return 'title' in found ? { ...found, message: `${which}: ${found.message}` } : found;
  } catch (error) {
    if (!(error instanceof FileSystemError)) throw error;
    const path = uri.scheme === 'file' ? uri.fsPath : uri.toString(true);
    return error.code === 'FileNotFound'
      ? refusal(
          'File not found',
          `${which}: there is no file ${path}`,
          'Put it back and reload, or compare another checkpoint',
        )
      : refusal('File not readable', `${which}: ${error.message}`, 'Reload to try again');
  }
}
