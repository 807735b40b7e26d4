import {
  CodeAction,
  CodeActionKind,
  type CodeActionProvider,
  type Command,
  type Range,
  type TextDocument,
  type Uri,
} from 'vscode';

import type { OfferFacts } from '../training';
import { noteEditCommand, selectRangeCommand } from './contributions';
import type { Script, Scripts } from './scripts';
import { workspaceEditOf } from './techniqueEdit';

/** Parent kind of every technique; keys can be bound to `refactor.rewrite.reglens.l2`. */
export const techniqueKind = CodeActionKind.RefactorRewrite.append('reglens');

/** In the lightbulb: techniques that can be added where the cursor stands, and those that are there, to be changed or removed. */
export class TechniqueActions implements CodeActionProvider {
  constructor(private readonly scripts: Scripts) {}

  async provideCodeActions(document: TextDocument, range: Range): Promise<CodeAction[]> {
    const script = await this.scripts.ofDocument(document);
    if (!script) return [];
    const actions = await Promise.all(
      script.facts.offers.map(async (offer, index) =>
        touches(script, offer, document.uri, range) ? await actionsFor(script, offer, index) : [],
      ),
    );
    return actions.flat();
  }
}

/** Whether an offer is about a line that the selection is on. */
function touches(script: Script, offer: OfferFacts, document: Uri, range: Range): boolean {
  const place = script.place.locate(offer.where);
  if (place?.uri.toString() !== document.toString()) return false;
  return place.range.start.line <= range.end.line && range.start.line <= place.range.end.line;
}

async function actionsFor(
  script: Script,
  offer: OfferFacts,
  index: number,
): Promise<readonly CodeAction[]> {
  const kind = techniqueKind.append(offer.technique);
  if (offer.state === 'offered') {
    const edits = await script.edits({ kind: 'edits', index });
    const edit = edits.length > 0 && workspaceEditOf(script, edits, offer.title, 'stops');
    if (!edit) return [];
    const action = new CodeAction(offer.title, kind);
    action.edit = edit;
    action.command = noteOf(script);
    return [action];
  }
  if (offer.state === 'unavailable') return [];
  const actions: CodeAction[] = [];
  const strength = offer.strength && script.place.locate(offer.strength);
  if (strength) {
    const action = new CodeAction(`Change the strength: ${offer.title}`, kind);
    const { title } = action;
    action.command = {
      title,
      command: selectRangeCommand,
      arguments: [strength.uri, strength.range],
    };
    actions.push(action);
  }
  if (offer.canRemove) {
    const edits = await script.edits({ kind: 'removal', index });
    const title = `Remove: ${offer.title}`;
    const edit = edits.length > 0 && workspaceEditOf(script, edits, title);
    if (edit) {
      const action = new CodeAction(title, kind.append('remove'));
      action.edit = edit;
      action.command = noteOf(script);
      actions.push(action);
    }
  }
  return actions;
}

/** Run by the editor once the edit is made. */
export function noteOf({ uri }: Script): Command {
  return { title: 'Remember the numbers from before', command: noteEditCommand, arguments: [uri] };
}
