import { EventEmitter, workspace, type Memento, type Uri } from 'vscode';

import type { LayerRow } from '../../protocol/layers';
import { keptMarks, readMarks, type EditMark } from './keptMarks';

const key = 'reglens.editMarks';

/**
 * Remembers the numbers from before an edit, until the next edit: a newer checkpoint then shows before and after. Kept with the
 * workspace, as training takes longer than a window is open.
 */
export class EditMarks {
  private readonly marks: Map<string, EditMark>;
  private readonly changeEmitter = new EventEmitter<void>();
  readonly onDidChange = this.changeEmitter.event;

  constructor(private readonly state: Memento) {
    this.marks = new Map(readMarks(state.get(key)));
  }

  /** @param checkpoint the one whose numbers stand above the script's layers now */
  async note(script: Uri, checkpoint: Uri, rows: readonly LayerRow[]): Promise<void> {
    const before = new Map(rows.map(({ name, metrics }) => [name, metrics]));
    const mark = { checkpoint: await identityOf(checkpoint), before };
    // Set anew at the end: the oldest are given up first.
    this.marks.delete(script.toString());
    this.marks.set(script.toString(), mark);
    this.changeEmitter.fire();
    await this.state.update(key, keptMarks(this.marks));
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
