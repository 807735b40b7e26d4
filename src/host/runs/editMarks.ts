import { EventEmitter, workspace, type Uri } from 'vscode';

import type { LayerRow } from '../../protocol/layers';

/** What a script's layers measured when RegLens last changed it. */
export interface EditMark {
  /** The checkpoint of then, by file and time. */
  readonly checkpoint: string;
  /** By layer: its scalar metrics. */
  readonly before: ReadonlyMap<string, Readonly<Record<string, number>>>;
}

/** Remembers the numbers from before an edit, until the next edit: a newer checkpoint then shows before and after. */
export class EditMarks {
  private readonly marks = new Map<string, EditMark>();
  private readonly changeEmitter = new EventEmitter<void>();
  readonly onDidChange = this.changeEmitter.event;

  /** @param checkpoint the one whose numbers stand above the script's layers now */
  async note(script: Uri, checkpoint: Uri, rows: readonly LayerRow[]): Promise<void> {
    const before = new Map(rows.map(({ name, metrics }) => [name, metrics]));
    this.marks.set(script.toString(), { checkpoint: await identityOf(checkpoint), before });
    this.changeEmitter.fire();
  }

  /** The numbers from before the edit, where the checkpoint is another one than then. */
  async before(script: Uri, checkpoint: Uri): Promise<EditMark['before'] | undefined> {
    const mark = this.marks.get(script.toString());
    if (!mark || mark.checkpoint === (await identityOf(checkpoint))) return undefined;
    return mark.before;
  }

  dispose(): void {
    this.changeEmitter.dispose();
  }
}

async function identityOf(uri: Uri): Promise<string> {
  try {
    const { mtime, size } = await workspace.fs.stat(uri);
    return `${uri.toString()} ${mtime} ${size}`;
  } catch {
    // Gone: no checkpoint that comes is the same.
    return uri.toString();
  }
}
