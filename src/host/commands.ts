import { commands, Uri, ViewColumn, window, type Disposable } from 'vscode';

import { openInspectorCommand, openLayerCommand, viewType } from './contributions';
import type { ModelEditor } from './modelEditor';

/** The commands of package.json, each a few lines over the editor. */
export function registerCommands(editor: ModelEditor): Disposable[] {
  return [
    commands.registerCommand(openInspectorCommand, async (target: unknown) => {
      const uri = target instanceof Uri ? target : await pickFile();
      if (uri) await commands.executeCommand('vscode.openWith', uri, viewType);
    }),
    commands.registerCommand(openLayerCommand, async (uri: unknown, layer: unknown) => {
      if (!(uri instanceof Uri) || typeof layer !== 'string') return;
      editor.revealLayer(uri, layer);
      await commands.executeCommand('vscode.openWith', uri, viewType, ViewColumn.Beside);
    }),
  ];
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
      ],
      'All files': ['*'],
    },
  });
  return chosen?.[0];
}
