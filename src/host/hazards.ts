import {
  CodeAction,
  CodeActionKind,
  Diagnostic,
  DiagnosticSeverity,
  languages,
  workspace,
  type CodeActionContext,
  type CodeActionProvider,
  type Range,
  type TextDocument,
} from 'vscode';

import type { HazardFacts, HazardSeverity } from '../training';
import { setting, table } from './config';
import { log } from './log';
import { scriptLanguages, type Script, type Scripts } from './scripts';
import { workspaceEditOf } from './techniqueEdit';

const settleMs = 400;
/** More would bury the user's other problems. */
const maxPerScript = 100;

const levels: Readonly<Record<HazardSeverity, DiagnosticSeverity>> = {
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
  hint: DiagnosticSeverity.Hint,
};

/** Shows ways in which regularization is often got wrong as diagnostics of the open scripts, each with its fix. */
export class Hazards implements CodeActionProvider {
  private readonly collection = languages.createDiagnosticCollection('reglens');
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly subscriptions: readonly { dispose(): unknown }[];

  constructor(private readonly scripts: Scripts) {
    this.subscriptions = [
      this.collection,
      workspace.onDidOpenTextDocument((document) => this.checkSoon(document)),
      workspace.onDidChangeTextDocument(({ document }) => this.checkSoon(document)),
      workspace.onDidCloseTextDocument(({ uri }) => this.collection.delete(uri)),
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('reglens.hazards')) this.checkAll();
      }),
    ];
    this.checkAll();
  }

  dispose(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  /** The fixes of the hazards that the selection touches. */
  async provideCodeActions(
    document: TextDocument,
    range: Range,
    { diagnostics }: CodeActionContext,
  ): Promise<CodeAction[]> {
    const script = await this.enabledScript(document);
    if (!script) return [];
    const severities = table('hazards.severity', document.uri);
    const actions: CodeAction[] = [];
    for (const [index, hazard] of script.facts.hazards.entries()) {
      const place = script.place.locate(hazard.where);
      const isHere =
        place?.uri.toString() === document.uri.toString() && place.range.intersection(range);
      if (!isHere || hazard.fix === undefined || severities[hazard.id] === 'off') continue;
      const edits = await script.edits({ kind: 'fix', index });
      const edit = edits.length > 0 && workspaceEditOf(script, edits, hazard.fix);
      if (!edit) continue;
      const action = new CodeAction(hazard.fix, CodeActionKind.QuickFix);
      action.edit = edit;
      action.diagnostics = diagnostics.filter(({ code }) => code === hazard.id);
      action.isPreferred = true;
      actions.push(action);
    }
    return actions;
  }

  private async enabledScript(document: TextDocument): Promise<Script | undefined> {
    if (!setting('hazards.enabled', document.uri)) return undefined;
    return await this.scripts.ofDocument(document);
  }

  private checkAll(): void {
    for (const document of workspace.textDocuments) this.checkSoon(document);
  }

  private checkSoon(document: TextDocument): void {
    if (!scriptLanguages.some(({ language }) => language === document.languageId)) return;
    const key = document.uri.toString();
    clearTimeout(this.timers.get(key));
    this.timers.set(
      key,
      setTimeout(() => {
        this.timers.delete(key);
        this.check(document).catch((error: unknown) =>
          log.error('Looking for hazards failed', error),
        );
      }, settleMs),
    );
  }

  private async check(document: TextDocument): Promise<void> {
    const { version } = document;
    const script = await this.enabledScript(document);
    if (document.isClosed || document.version !== version) return;
    this.collection.set(document.uri, script ? diagnosticsOf(script, document) : []);
  }
}

function diagnosticsOf(script: Script, document: TextDocument): Diagnostic[] {
  const severities = table('hazards.severity', document.uri);
  const own = document.uri.toString();
  return script.facts.hazards
    .flatMap((hazard) => {
      const place = script.place.locate(hazard.where);
      const severity = severityOf(hazard, severities);
      if (place?.uri.toString() !== own || severity === undefined) return [];
      const diagnostic = new Diagnostic(place.range, hazard.message, severity);
      diagnostic.source = 'RegLens';
      diagnostic.code = hazard.id;
      return [diagnostic];
    })
    .slice(0, maxPerScript);
}

function severityOf(
  { id, severity }: HazardFacts,
  settings: Readonly<Record<string, unknown>>,
): DiagnosticSeverity | undefined {
  const chosen = settings[id] ?? severity;
  if (chosen === 'off') return undefined;
  return chosen === 'warning' || chosen === 'information' || chosen === 'hint'
    ? levels[chosen]
    : levels[severity];
}
