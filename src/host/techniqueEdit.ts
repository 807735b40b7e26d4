import { Range, WorkspaceEdit, workspace, type TextDocument } from 'vscode';

import type { RecipeOffer } from '../training';

/** An offer's edits as one change of the document: one undo. */
export function workspaceEditOf(document: TextDocument, offer: RecipeOffer): WorkspaceEdit {
  const change = new WorkspaceEdit();
  for (const { start, end, newText, label } of offer.edits()) {
    const range = new Range(document.positionAt(start), document.positionAt(end));
    change.replace(document.uri, range, newText, {
      label: label ?? offer.title,
      needsConfirmation: false,
    });
  }
  return change;
}

/**
 * Shows an offer's edits in the Refactor Preview, to be applied or discarded.
 *
 * The preview opens for edits that need a confirmation, and leaves those unticked: so an edit that changes nothing asks for it, and
 * the others stand ticked.
 */
export async function previewOffer(document: TextDocument, offer: RecipeOffer): Promise<void> {
  const change = workspaceEditOf(document, offer);
  change.insert(document.uri, document.positionAt(offer.where.start), '', {
    label: 'Nothing is changed before you apply',
    needsConfirmation: true,
  });
  await workspace.applyEdit(change, { isRefactoring: true });
}
