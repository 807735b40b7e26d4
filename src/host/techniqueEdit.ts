import { Range, WorkspaceEdit, workspace, type TextDocument } from 'vscode';

import type { RecipeOffer } from '../training';

/** An offer's edits as one change of the document: one undo. With `confirm` they pass the Refactor Preview first. */
export function workspaceEditOf(
  document: TextDocument,
  offer: RecipeOffer,
  { confirm }: { readonly confirm: boolean },
): WorkspaceEdit {
  const change = new WorkspaceEdit();
  for (const { start, end, newText, label } of offer.edits()) {
    const range = new Range(document.positionAt(start), document.positionAt(end));
    if (confirm) {
      change.replace(document.uri, range, newText, {
        label: label ?? offer.title,
        needsConfirmation: true,
      });
    } else {
      change.replace(document.uri, range, newText);
    }
  }
  return change;
}

export async function previewOffer(document: TextDocument, offer: RecipeOffer): Promise<void> {
  await workspace.applyEdit(workspaceEditOf(document, offer, { confirm: true }), {
    isRefactoring: true,
  });
}
