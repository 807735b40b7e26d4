import {
  CodeAction,
  CodeActionKind,
  type CodeActionProvider,
  type Range,
  type TextDocument,
} from 'vscode';

import { offersAt } from '../training';
import type { PythonSources } from './pythonSources';
import { workspaceEditOf } from './techniqueEdit';

/** Parent kind of every technique; keys can be bound to `refactor.rewrite.reglens.l2`. */
export const techniqueKind = CodeActionKind.RefactorRewrite.append('reglens');

/** Offers, in the lightbulb, the techniques that can be added where the cursor stands. */
export class TechniqueActions implements CodeActionProvider {
  constructor(private readonly sources: PythonSources) {}

  async provideCodeActions(document: TextDocument, range: Range): Promise<CodeAction[]> {
    const script = await this.sources.ofDocument(document);
    if (!script) return [];
    const offset = document.offsetAt(range.start);
    return offersAt(script.source, offset)
      .filter(({ state }) => state === 'offered')
      .map((offer) => {
        const action = new CodeAction(offer.title, techniqueKind.append(offer.technique));
        action.edit = workspaceEditOf(document, offer);
        return action;
      });
  }
}
