import {
  CodeAction,
  CodeActionKind,
  Diagnostic,
  DiagnosticSeverity,
  languages,
  window,
  workspace,
  type CodeActionContext,
  type CodeActionProvider,
  type Range,
  type TextDocument,
} from 'vscode';

import type { Finding } from '../core/finding';
import { setting } from './config';
import { log } from './log';
import { nearestOffers } from './nearestOffers';
import type { ScriptLink } from './scriptLink';
import { scriptLanguages, type Scripts } from './scripts';
import type { Session } from './session';
import type { Sessions } from './sessions';
import { noteOf } from './techniqueActions';
import { workspaceEditOf } from './techniqueEdit';
import type { TrainingCode } from './trainingCode';

const settleMs = 500;
/** The code of our diagnostics: `finding:B1`. */
const prefix = 'finding:';

/** Shows findings of the newest checkpoint as hints on the lines that define its layers, with the techniques that may help as fixes. */
export class FindingHints implements CodeActionProvider {
  private readonly collection = languages.createDiagnosticCollection('reglens-findings');
  private readonly techniques = new Map<string, readonly string[]>();
  private readonly subscriptions: readonly { dispose(): unknown }[];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly scripts: Scripts,
    private readonly code: TrainingCode,
    sessions: Sessions,
  ) {
    const soon = (): void => this.refreshSoon();
    this.subscriptions = [
      this.collection,
      code.onDidChangeLinks(soon),
      sessions.onDidMeasure(soon),
      window.onDidChangeVisibleTextEditors(soon),
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('reglens.findings')) soon();
      }),
      workspace.onDidCloseTextDocument(({ uri }) => this.collection.delete(uri)),
    ];
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  /** The edits of the techniques that a finding under the cursor names, nearest first. */
  async provideCodeActions(
    document: TextDocument,
    range: Range,
    { diagnostics }: CodeActionContext,
  ): Promise<CodeAction[]> {
    const ruleOf = ({ code }: Diagnostic): string => (typeof code === 'string' ? code : '');
    const mine = diagnostics.filter((diagnostic) => ruleOf(diagnostic).startsWith(prefix));
    const script = mine.length > 0 ? await this.scripts.ofDocument(document) : undefined;
    if (!script) return [];
    const cursor = script.place.offsetAt(document, range.start) ?? 0;
    const actions: CodeAction[] = [];
    for (const technique of new Set(
      mine.flatMap((diagnostic) => this.techniques.get(ruleOf(diagnostic)) ?? []),
    )) {
      const [nearest] = nearestOffers(script.facts.offers, technique, {
        start: cursor,
        end: cursor,
      });
      if (!nearest) continue;
      const edits = await script.edits({ kind: 'edits', index: nearest.index });
      const edit = edits.length > 0 && workspaceEditOf(script, edits, nearest.offer.title);
      if (!edit) continue;
      const action = new CodeAction(nearest.offer.title, CodeActionKind.QuickFix);
      action.edit = edit;
      action.command = noteOf(script);
      action.diagnostics = mine;
      actions.push(action);
    }
    return actions;
  }

  private refreshSoon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.refresh().catch((error: unknown) => log.error('Showing findings in code failed', error));
    }, settleMs);
  }

  private async refresh(): Promise<void> {
    const documents = new Set(window.visibleTextEditors.map(({ document }) => document));
    for (const document of documents) {
      if (!scriptLanguages.some(({ language }) => language === document.languageId)) continue;
      const found = setting('findings.inCode', document.uri)
        ? await this.code.checkpointOf(document)
        : undefined;
      if (document.isClosed) continue;
      this.collection.set(
        document.uri,
        found ? this.hintsFor(document, found.session, found.link) : [],
      );
    }
  }

  /** One hint a finding: at the first of its layers that has a line here. Remarks are not worth one. */
  private hintsFor(document: TextDocument, session: Session, link: ScriptLink): Diagnostic[] {
    const own = document.uri.toString();
    return session.findings.findings.flatMap((finding) => {
      if (finding.severity === 'info' || finding.layers.length === 0) return [];
      const match = link.matches.find(({ layers }) =>
        layers.some(({ layer }) => finding.layers.includes(session.rows[layer]?.name ?? '')),
      );
      const place = match && link.script.place.locate(match.definition.range);
      if (place?.uri.toString() !== own) return [];
      const { start } = place.range;
      const line = document.lineAt(start.line).range;
      const diagnostic = new Diagnostic(
        place.range.isSingleLine ? place.range : line.with(start),
        messageOf(finding, session),
        finding.severity === 'problem' ? DiagnosticSeverity.Warning : DiagnosticSeverity.Hint,
      );
      diagnostic.source = 'RegLens';
      diagnostic.code = prefix + finding.rule;
      this.techniques.set(prefix + finding.rule, finding.techniques);
      return [diagnostic];
    });
  }
}

function messageOf({ message, layers }: Finding, session: Session): string {
  const others = layers.length > 1 ? ` (${layers.length} layers)` : '';
  return `${message}${others} In ${session.overview?.checkpoint.name ?? 'the checkpoint'}.`;
}
