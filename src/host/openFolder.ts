import { commands, FileSystemError, FileType, Uri, window, workspace } from 'vscode';

import type { Folder } from '../core/folder';
import { chooseInFolder, type FolderCandidate } from '../core/folderChoice';
import { viewType } from './contributions';

/** Opens the file that stands for a folder; asks where several do. */
export async function openFolder(target: unknown): Promise<void> {
  const folder = target instanceof Uri ? target : await pickFolder();
  if (!folder) return;
  const { candidates, others } = await chooseInFolder(folderAt(folder));
  const [first] = candidates;
  if (!first) {
    void window.showInformationMessage(
      `RegLens found no checkpoint in ${folder.path.split('/').at(-1) ?? folder.path}.`,
    );
    return;
  }
  const chosen = candidates.length === 1 ? first : await pickCandidate(candidates, others);
  if (!chosen) return;
  await commands.executeCommand('vscode.openWith', Uri.joinPath(folder, chosen.path), viewType);
}

async function pickFolder(): Promise<Uri | undefined> {
  const chosen = await window.showOpenDialog({
    title: 'Open a folder as a checkpoint',
    canSelectFiles: false,
    canSelectFolders: true,
  });
  return chosen?.[0];
}

async function pickCandidate(
  candidates: readonly FolderCandidate[],
  others: readonly FolderCandidate[],
): Promise<FolderCandidate | undefined> {
  const items = candidates.map((candidate) => ({
    label: candidate.path,
    description: candidate.title,
    candidate,
  }));
  const more = others.length === 0 ? '' : `, and ${others.length} that are not listed`;
  const picked = await window.showQuickPick(items, {
    title: `The folder has ${candidates.length} checkpoints${more}`,
    placeHolder: 'Which one to open',
    matchOnDescription: true,
  });
  return picked?.candidate;
}

function folderAt(root: Uri): Folder {
  return {
    list: async (path) => {
      const entries = await workspace.fs.readDirectory(Uri.joinPath(root, path));
      return entries.map(([name, type]) => ({ name, isFolder: type === FileType.Directory }));
    },
    text: async (path, maxBytes) => {
      const uri = Uri.joinPath(root, path);
      try {
        const { size } = await workspace.fs.stat(uri);
        if (size > maxBytes) return undefined;
        return new TextDecoder().decode(await workspace.fs.readFile(uri));
      } catch (error) {
        // A text that cannot be read decides nothing.
        if (error instanceof FileSystemError) return undefined;
        throw error;
      }
    },
  };
}
