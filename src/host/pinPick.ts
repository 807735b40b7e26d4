import { window, workspace, type QuickPickItem, type Uri } from 'vscode';

import type { Pins } from './pins';
import type { Sessions } from './sessions';

interface Choice extends QuickPickItem {
  readonly act: () => Promise<void>;
}

const checkpoints = '**/*.{safetensors,pt,pth,ckpt,bin,keras,h5,onnx,msgpack,npz,gguf,tflite}';
const maxFound = 200;

/** “Pin Checkpoint to Script…”: says by hand which checkpoint's numbers stand above the layers of the script in the editor. */
export async function pickPin(pins: Pins, sessions: Sessions): Promise<void> {
  const script = window.activeTextEditor?.document.uri;
  if (!script) {
    void window.showInformationMessage('Open the training script first.');
    return;
  }
  const pinned = pins.checkpointOf(script);
  const open = sessions.all.map(({ uri }) => uri);
  const shown = new Set(open.map((uri) => uri.toString()));
  const found = (
    await workspace.findFiles(checkpoints, '**/{node_modules,.git}/**', maxFound)
  ).filter((uri) => !shown.has(uri.toString()));
  const item = (uri: Uri, description: string): Choice => ({
    label: workspace.asRelativePath(uri),
    description: uri.toString() === pinned?.toString() ? `pinned · ${description}` : description,
    act: () => pins.set(script, uri),
  });
  const items: Choice[] = [
    ...(pinned
      ? [{ label: '$(close) Take the pin away', act: () => pins.set(script, undefined) }]
      : []),
    ...open.map((uri) => item(uri, 'open')),
    ...found
      .sort((a, b) => a.path.localeCompare(b.path, undefined, { numeric: true }))
      .map((uri) => item(uri, '')),
    {
      label: '$(folder-opened) Another file…',
      act: async () => {
        const [chosen] = (await window.showOpenDialog({ title: 'Pin a checkpoint' })) ?? [];
        if (chosen) await pins.set(script, chosen);
      },
    },
  ];
  const chosen = await window.showQuickPick(items, {
    title: 'Pin Checkpoint to Script',
    placeHolder: `The checkpoint whose numbers stand above the layers of ${workspace.asRelativePath(script)}`,
  });
  await chosen?.act();
}
