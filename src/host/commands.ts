import {
  commands,
  FileSystemError,
  Range,
  TabInputCustom,
  TabInputText,
  Uri,
  ViewColumn,
  window,
  workspace,
  type Disposable,
  type FileType,
} from 'vscode';

import {
  addRegularizerCommand,
  clearCacheCommand,
  openInspectorCommand,
  openFolderCommand,
  openLayerCommand,
  openUrlCommand,
  optionalViewType,
  pinCheckpointCommand,
  selectRangeCommand,
  setAccessTokenCommand,
  viewType,
} from './contributions';
import type { ModelEditor } from './modelEditor';
import { openFolder } from './openFolder';
import { pickPin } from './pinPick';
import type { Pins } from './pins';
import type { Scripts } from './scripts';
import type { Sessions } from './sessions';
import { openFromUrl, setAccessToken, type AccessTokens } from './remote';
import { pickTechnique } from './techniquePick';

/** The names for which package.json shows the command in menus. */
const checkpointNames =
  /(\.(safetensors|onnx|gguf|pt|pth|bin|ckpt|keras|h5|hdf5|npz|npy|tar|pkl|jit|zip)|\/((model|[^/]*\.index)\.json|_METADATA|manifest\.ocdbt))$/;

/** What the commands work on. */
export interface CommandParts {
  readonly editor: ModelEditor;
  readonly scripts: Scripts;
  readonly pins: Pins;
  readonly sessions: Sessions;
  readonly tokens: AccessTokens;
  /** Folder of the kept results. */
  readonly results: Uri;
}

/** The commands of package.json, each a few lines over the editor. */
export function registerCommands({
  editor,
  scripts,
  pins,
  sessions,
  tokens,
  results,
}: CommandParts): Disposable[] {
  return [
    commands.registerCommand(addRegularizerCommand, () => pickTechnique(scripts)),
    commands.registerCommand(pinCheckpointCommand, () => pickPin(pins, sessions)),
    commands.registerCommand(selectRangeCommand, async (uri: unknown, range: unknown) => {
      if (!(uri instanceof Uri) || !(range instanceof Range)) return;
      await window.showTextDocument(uri, { selection: range });
    }),
    commands.registerCommand(openFolderCommand, openFolder),
    commands.registerCommand(openUrlCommand, openFromUrl),
    commands.registerCommand(setAccessTokenCommand, () => setAccessToken(tokens)),
    commands.registerCommand(clearCacheCommand, () => clearResults(results)),
    commands.registerCommand(openInspectorCommand, async (target: unknown) => {
      const uri = target instanceof Uri ? target : (activeFile() ?? (await pickFile()));
      if (uri) await commands.executeCommand('vscode.openWith', uri, viewType);
    }),
    commands.registerCommand(openLayerCommand, async (uri: unknown, layer: unknown) => {
      // Links of hover cards hold plain text.
      const file = typeof uri === 'string' ? Uri.parse(uri) : uri;
      if (!(file instanceof Uri) || typeof layer !== 'string') return;
      editor.revealLayer(file, layer);
      await commands.executeCommand('vscode.openWith', file, viewType, ViewColumn.Beside);
    }),
  ];
}

/** Removes what is kept of checkpoints that were measured before, and says how much that was. */
async function clearResults(folder: Uri): Promise<void> {
  let entries: [string, FileType][] = [];
  try {
    entries = await workspace.fs.readDirectory(folder);
  } catch (error) {
    if (!(error instanceof FileSystemError) || error.code !== 'FileNotFound') throw error;
  }
  for (const [name] of entries) await workspace.fs.delete(Uri.joinPath(folder, name));
  const count = entries.length;
  const text =
    count === 0
      ? 'No results were cached.'
      : `Cleared the results of ${count} checkpoint${count === 1 ? '' : 's'}.`;
  void window.showInformationMessage(text);
}

/** The file of the active tab, if its name is one of a checkpoint and another editor shows it. */
function activeFile(): Uri | undefined {
  const input: unknown = window.tabGroups.activeTabGroup.activeTab?.input;
  const isOther =
    input instanceof TabInputText ||
    (input instanceof TabInputCustom && ![viewType, optionalViewType].includes(input.viewType));
  return isOther && checkpointNames.test(input.uri.path) ? input.uri : undefined;
}

async function pickFile(): Promise<Uri | undefined> {
  const chosen = await window.showOpenDialog({
    title: 'Open a checkpoint',
    filters: {
      Checkpoints: [
        'safetensors',
        'pt',
        'pth',
        'bin',
        'ckpt',
        'keras',
        'h5',
        'hdf5',
        'json',
        'npz',
        'npy',
        'onnx',
        'gguf',
        'tflite',
        'pb',
        'index',
        'msgpack',
        'distcp',
      ],
      'All files': ['*'],
    },
  });
  return chosen?.[0];
}
