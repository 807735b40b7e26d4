import { workspace, type Uri } from 'vscode';

import { setting } from './config';
import type { ThreadSettings } from './workerThread';

/** The threads of this process tell one another here which backend was faster, so that it is timed once. */
const verdict = new Int32Array(new SharedArrayBuffer(8));

/** Which backend computes, and whose native library may be loaded for it: that of a workspace only where it is trusted. */
export function threadSettings(scope: Uri): ThreadSettings {
  const folders = workspace.isTrusted ? (workspace.workspaceFolders ?? []) : [];
  return {
    backend: setting('backend', scope),
    tensorflowPath: setting('tensorflowPath', scope),
    trustedFolders: folders.filter(({ uri }) => uri.scheme === 'file').map(({ uri }) => uri.fsPath),
    verdict,
  };
}
