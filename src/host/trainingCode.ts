import { basename } from 'node:path/posix';

import {
  EventEmitter,
  Selection,
  TextEditorRevealType,
  ViewColumn,
  window,
  workspace,
  type TextDocument,
  type TextEditor,
  type Uri,
} from 'vscode';

import type { CodeLink, TechniqueOffer } from '../protocol/viewApi';
import { techniques, type LayerDefinition } from '../training';
import { SavedCheckpoints } from './checkpointFinder';
import { setting } from './config';
import { log } from './log';
import { nearestOffers } from './nearestOffers';
import type { Pins } from './pins';
import { scriptsNear } from './scriptFinder';
import { compareLinks, linkOf, type ScriptLink } from './scriptLink';
import { scriptLanguages, type Scripts } from './scripts';
import type { Session } from './session';
import type { Sessions } from './sessions';
import { previewEdits } from './techniqueEdit';

const settleMs = 300;
const bytesPerMB = 1e6;

/** Joins checkpoints and the scripts that train them, in both directions. */
export class TrainingCode {
  private readonly changeEmitter = new EventEmitter<void>();
  /** Scripts, checkpoints or how they belong together changed. */
  readonly onDidChangeLinks = this.changeEmitter.event;
  /** The best script of each open checkpoint. */
  private readonly links = new Map<string, ScriptLink>();
  /** Checkpoints that are measured because a script that saves them is open. */
  private readonly held = new Map<
    string,
    { readonly session: Session; readonly release: () => void }
  >();
  private readonly saved = new SavedCheckpoints();
  private readonly subscriptions: { dispose(): unknown }[];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly sessions: Sessions,
    private readonly scripts: Scripts,
    private readonly pins: Pins,
  ) {
    this.subscriptions = [
      sessions.onDidOpen(() => this.refreshSoon()),
      workspace.onDidChangeTextDocument(({ document }) => {
        if (isScript(document)) this.refreshSoon();
      }),
      workspace.onDidCloseTextDocument(({ uri }) => this.letGo(uri)),
      // A run saves its next checkpoint: the numbers above the layers are of the newest one.
      this.saved,
      this.saved.onDidChange(() => this.refreshSoon()),
      pins.onDidChange(() => this.refreshSoon()),
    ];
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const subscription of this.subscriptions) subscription.dispose();
    for (const { release } of this.held.values()) release();
    this.held.clear();
    this.changeEmitter.dispose();
  }

  linksOf(session: Session): readonly CodeLink[] {
    const link = this.links.get(session.uri.toString());
    if (!link) return [];
    return link.matches.flatMap(({ definition, layers }) =>
      layers.map(({ layer, confidence, reason }) => ({
        layer,
        label: `${basename(link.uri.path)}:${lineOf(link, definition.range.start) + 1}`,
        confidence,
        reason,
      })),
    );
  }

  /** What the layer view's menu offers, technique by technique, with the reason where it does not. */
  techniquesFor(session: Session): readonly TechniqueOffer[] {
    const link = this.links.get(session.uri.toString());
    const offers = link ? link.script.facts.offers : [];
    const order = ['offered', 'present', 'unavailable'];
    return techniques
      .filter(({ id, isRelated }) => !isRelated || offers.some(({ technique }) => technique === id))
      .map(({ id, title, summary }): TechniqueOffer => {
        const mine = offers.filter(({ technique }) => technique === id);
        const best = mine.find(({ state }) => state === 'offered') ?? mine[0];
        if (best) return { id, title, state: best.state, detail: best.detail };
        const reason = link
          ? `No edit for it in ${basename(link.uri.path)} yet.`
          : 'No training script in this workspace defines these layers.';
        return { id, title, state: 'unavailable', detail: `${summary} ${reason}` };
      })
      .sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  }

  async openDefinition(session: Session, layer: number): Promise<void> {
    const link = this.links.get(session.uri.toString());
    const match = link?.matches.find(({ layers }) => layers.some((one) => one.layer === layer));
    if (!link || !match) {
      void window.showInformationMessage('No line of a training script is linked to this layer.');
      return;
    }
    const place = link.script.place.locate(match.definition.range);
    if (!place) return;
    const { uri, range } = place;
    const editor = await showScript(link.uri, uri);
    if (!editor) return;
    editor.selection = new Selection(range.start, range.start);
    editor.revealRange(range, TextEditorRevealType.InCenterIfOutsideViewport);
  }

  /** Opens the Refactor Preview for the linked script. */
  async addTechnique(session: Session, technique: string, layer?: number): Promise<void> {
    const link = this.links.get(session.uri.toString());
    if (!link) {
      void window.showInformationMessage(
        'No training script in this workspace defines these layers: open the script and use its lightbulb.',
      );
      return;
    }
    const script = await this.scripts.ofUri(link.uri);
    const offers = script?.facts.offers ?? [];
    const near = layer === undefined ? undefined : definitionOf(link, layer)?.range;
    const [nearest] = nearestOffers(offers, technique, near);
    if (!script || !nearest) {
      void window.showInformationMessage(
        `Nothing to add in ${basename(link.uri.path)}: ${this.techniquesFor(session).find(({ id }) => id === technique)?.detail ?? technique}`,
      );
      return;
    }
    const { offer, index } = nearest;
    const edits = await script.edits({ kind: 'edits', index });
    await showScript(link.uri, link.uri, true);
    await previewEdits(script, edits, offer.title);
  }

  /**
   * The checkpoint whose numbers stand above a script's layers: one that an editor shows and the script saves to, else the newest
   * file that it has saved, which is then measured in the background, else one that an editor shows and its layers match.
   */
  async checkpointOf(
    document: TextDocument,
  ): Promise<{ readonly session: Session; readonly link: ScriptLink } | undefined> {
    const script = await this.scripts.ofDocument(document);
    if (!script) return undefined;
    const linked = (session: Session): { session: Session; link: ScriptLink }[] => {
      const link = linkOf(script.uri, script, session.uri, session.rows);
      return link ? [{ session, link }] : [];
    };
    const pinned = this.pins.checkpointOf(document.uri);
    if (pinned) {
      const session = this.sessions.get(pinned) ?? this.hold(document.uri, pinned);
      return linked(session)[0];
    }
    const shown = this.sessions.shown
      .flatMap(linked)
      .sort((a, b) => compareLinks(a.link, b.link))[0];
    if (shown?.link.savesHere) return shown;
    const newest = (await this.saved.of(document.uri, script.facts.paths))[0];
    const limit = setting('codeLens.measureUpToMB', document.uri) * bytesPerMB;
    const saved = newest && newest.size <= limit ? this.hold(document.uri, newest.uri) : undefined;
    return (saved && linked(saved)[0]) ?? shown;
  }

  private hold(script: Uri, checkpoint: Uri): Session {
    const key = script.toString();
    const before = this.held.get(key);
    if (before?.session.uri.toString() === checkpoint.toString()) return before.session;
    const { session, release } = this.sessions.acquire(checkpoint, 'script');
    this.held.set(key, { session, release });
    before?.release();
    return session;
  }

  private letGo(script: Uri): void {
    this.scripts.forget(script);
    const held = this.held.get(script.toString());
    this.held.delete(script.toString());
    held?.release();
  }

  private refreshSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.refresh().catch((error: unknown) => {
        log.error('Linking scripts and checkpoints failed', error);
      });
    }, settleMs);
  }

  /** Finds the best script of every open checkpoint anew. */
  private async refresh(): Promise<void> {
    const found = new Map<string, ScriptLink>();
    for (const session of this.sessions.all) {
      const link = await this.bestScript(session);
      if (link) found.set(session.uri.toString(), link);
    }
    this.links.clear();
    for (const [key, link] of found) this.links.set(key, link);
    this.changeEmitter.fire();
  }

  private async bestScript(session: Session): Promise<ScriptLink | undefined> {
    if (session.rows.length === 0) return undefined;
    const links: ScriptLink[] = [];
    const pinned = this.pins.scriptsOf(session.uri);
    for (const uri of pinned.length > 0 ? pinned : await scriptsNear(session.uri)) {
      const script = await this.scripts.ofUri(uri).catch(() => undefined); // Gone since it was listed.
      const link = script && linkOf(uri, script, session.uri, session.rows);
      if (link) links.push(link);
    }
    return links.sort(compareLinks)[0];
  }
}

function isScript({ languageId }: TextDocument): boolean {
  return scriptLanguages.some(({ language }) => language === languageId);
}

/** Line of an offset, in its document. */
function lineOf({ script }: ScriptLink, offset: number): number {
  return script.place.locate({ start: offset, end: offset })?.range.start.line ?? 0;
}

function definitionOf(link: ScriptLink, layer: number): LayerDefinition | undefined {
  return link.matches.find(({ layers }) => layers.some((one) => one.layer === layer))?.definition;
}

/** Shows a script, or the cell of a notebook that is meant, beside what is open. */
async function showScript(
  script: Uri,
  document: Uri,
  preserveFocus = false,
): Promise<TextEditor | undefined> {
  const notebook = workspace.notebookDocuments.find(
    ({ uri }) => uri.toString() === script.toString(),
  );
  if (notebook) {
    await window.showNotebookDocument(notebook, { preserveFocus });
    return window.visibleTextEditors.find(
      (editor) => editor.document.uri.toString() === document.toString(),
    );
  }
  return await window.showTextDocument(script, { viewColumn: columnFor(script), preserveFocus });
}

/** Where the script stands already, else beside the checkpoint. */
function columnFor(script: Uri): ViewColumn {
  const editor = window.visibleTextEditors.find(
    ({ document }) => document.uri.toString() === script.toString(),
  );
  return editor?.viewColumn ?? ViewColumn.Beside;
}
