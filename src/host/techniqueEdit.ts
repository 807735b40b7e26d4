import {
  commands,
  type Range,
  SnippetString,
  SnippetTextEdit,
  WorkspaceEdit,
  window,
  workspace,
} from 'vscode';

import type { TextEdit as ScriptEdit } from '../training';
import { noteEditCommand } from './contributions';
import type { Script } from './scripts';

/** Whether the values of an edit become stops that Tab goes through. */
type Stops = 'stops' | 'plain';

/**
 * Edits of a script as one change: one undo. Stops are for one place in the editor that has the focus; a change of several places keeps
 * its labels instead, for a preview. Undefined where an edit reaches over two cells of a notebook.
 */
export function workspaceEditOf(
  script: Script,
  edits: readonly ScriptEdit[],
  title: string,
  stops: Stops = 'plain',
): WorkspaceEdit | undefined {
  const change = new WorkspaceEdit();
  const [only, ...others] = edits;
  const inFocus = window.activeTextEditor?.document.uri.toString();
  for (const edit of edits) {
    const place = script.place.locate(edit);
    if (!place) return undefined;
    const { uri, range } = place;
    const isSnippet =
      stops === 'stops' &&
      edit === only &&
      others.length === 0 &&
      (edit.stops?.length ?? 0) > 0 &&
      uri.toString() === inFocus;
    if (isSnippet) change.set(uri, [snippetOf(range, edit)]);
    else {
      const label = { label: edit.label ?? title, needsConfirmation: false };
      change.replace(uri, range, edit.newText, label);
    }
  }
  return change;
}

function snippetOf(range: Range, { newText, stops = [] }: ScriptEdit): SnippetTextEdit {
  const snippet = new SnippetString();
  let position = 0;
  for (const { start, end } of stops) {
    snippet.appendText(newText.slice(position, start)).appendPlaceholder(newText.slice(start, end));
    position = end;
  }
  snippet.appendText(newText.slice(position));
  const edit = new SnippetTextEdit(range, snippet);
  // The text has the indentation of its place already.
  edit.keepWhitespace = true;
  return edit;
}

/**
 * Shows edits in the Refactor Preview, to be applied or discarded.
 *
 * The preview opens for edits that need a confirmation, and leaves those unticked: so an edit that changes nothing asks for it, and
 * the others stand ticked.
 */
export async function previewEdits(
  script: Script,
  edits: readonly ScriptEdit[],
  title: string,
): Promise<boolean> {
  const change = workspaceEditOf(script, edits, title);
  const [first] = edits;
  const place = first && script.place.locate(first);
  if (!change || !place) return false;
  change.insert(place.uri, place.range.start, '', {
    label: 'Nothing is changed before you apply',
    needsConfirmation: true,
  });
  const isApplied = await workspace.applyEdit(change, { isRefactoring: true });
  if (isApplied) await commands.executeCommand(noteEditCommand, script.uri);
  return isApplied;
}
