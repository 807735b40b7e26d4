import { workspace, type NotebookDocument, type TextDocument, type Uri } from 'vscode';

import {
  matchLayers,
  mayBeTrainingCode,
  type CheckpointLayer,
  type DefinitionMatch,
  type LanguageId,
  type ScriptFacts,
  type TextEdit,
} from '../training';
import { ReadScript, type Change } from './readScript';
import { ScriptText } from './scriptText';
import type { TrainingThread } from './trainingThread';

/** Longer files are no training scripts. */
const maxScriptLength = 1_000_000;

/** VS Code's languages that training code is written in, and the grammar of each. */
const grammars: Readonly<Record<string, LanguageId>> = {
  python: 'python',
  javascript: 'javascript',
  javascriptreact: 'javascript',
  typescript: 'typescript',
  typescriptreact: 'tsx',
};
/** As a selector for providers. */
export const scriptLanguages = Object.keys(grammars).map((language) => ({ language }));

const extensions: Readonly<Record<string, LanguageId>> = {
  py: 'python',
  js: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  ts: 'typescript',
  mts: 'typescript',
  tsx: 'tsx',
};

/** A script as it stood when it was read, and what was found in it. */
export class Script {
  private readonly matches = new WeakMap<readonly CheckpointLayer[], readonly DefinitionMatch[]>();

  constructor(
    readonly place: ScriptText,
    private readonly read: ReadScript,
    private readonly isCurrent: () => boolean,
  ) {}

  get facts(): ScriptFacts {
    return this.read.facts;
  }

  get uri(): Uri {
    return this.place.uri;
  }

  /**
   * The layers of a checkpoint that its code defines: hovers, lenses and hints ask for them again and again. Rows are measured in
   * place, which changes neither their names nor their shapes.
   */
  matchesIn(rows: readonly CheckpointLayer[]): readonly DefinitionMatch[] {
    const known = this.matches.get(rows);
    if (known) return known;
    const found = matchLayers(this.facts.definitions, rows);
    this.matches.set(rows, found);
    return found;
  }

  /** The change on this state of the text; empty where it has changed since. */
  edits(change: Change): Promise<readonly TextEdit[]> {
    return this.read.edits(change, this.isCurrent);
  }
}

/** Reads scripts in their own thread, and keeps what was found in each until its text changes. */
export class Scripts {
  private readonly known = new Map<
    string,
    { readonly text: string; readonly script: Promise<Script> }
  >();

  /** What was read from disk, by the size and time that the file had then. */
  private readonly files = new Map<
    string,
    { readonly stamp: string; readonly script: Promise<Script | undefined> }
  >();

  constructor(private readonly thread: TrainingThread) {}

  /** The script that a document is, or is a cell of; undefined where it can be no training code. */
  async ofDocument(document: TextDocument): Promise<Script | undefined> {
    const language = grammars[document.languageId];
    if (language === undefined) return undefined;
    const notebook = notebookOf(document);
    return await this.read(
      notebook ? ScriptText.ofNotebook(notebook) : ScriptText.ofDocument(document),
      language,
    );
  }

  /** The document if it is open, else the file. */
  async ofUri(uri: Uri): Promise<Script | undefined> {
    const key = uri.toString();
    const notebook = workspace.notebookDocuments.find((one) => one.uri.toString() === key);
    if (notebook) return await this.read(ScriptText.ofNotebook(notebook), 'python');
    const open = workspace.textDocuments.find((one) => one.uri.toString() === key);
    if (open) return await this.ofDocument(open);
    const language = extensions[uri.path.split('.').at(-1) ?? ''];
    if (language === undefined) return undefined;
    const { size, mtime } = await workspace.fs.stat(uri);
    if (size > maxScriptLength) return undefined;
    const stamp = `${size} ${mtime}`;
    const known = this.files.get(key);
    if (known?.stamp === stamp) return await known.script;
    const entry = { stamp, script: this.readFile(uri, language) };
    this.files.set(key, entry);
    entry.script.catch(() => {
      if (this.files.get(key) === entry) this.files.delete(key);
    });
    return await entry.script;
  }

  forget(uri: Uri): void {
    const key = uri.toString();
    this.files.delete(key);
    if (!this.known.delete(key)) return;
    this.thread.api.forget(key).catch(() => undefined);
  }

  dispose(): void {
    this.known.clear();
    this.files.clear();
  }

  private async readFile(uri: Uri, language: LanguageId): Promise<Script | undefined> {
    const text = new TextDecoder().decode(await workspace.fs.readFile(uri));
    return await this.read(ScriptText.ofFile(uri, text), language);
  }

  private async read(place: ScriptText, language: LanguageId): Promise<Script | undefined> {
    const { text } = place;
    if (text.length > maxScriptLength || !mayBeTrainingCode(text, language)) return undefined;
    const key = place.uri.toString();
    const known = this.known.get(key);
    if (known?.text === text) return await known.script;
    const isCurrent = (): boolean => this.known.get(key) === entry;
    const script = ReadScript.of({ key, language, text }, this.thread).then(
      (read) => new Script(place, read, isCurrent),
    );
    const entry = { text, script };
    this.known.set(key, entry);
    script.catch(() => {
      if (isCurrent()) this.known.delete(key);
    });
    return await script;
  }
}

/** The notebook of a cell's document. */
function notebookOf(document: TextDocument): NotebookDocument | undefined {
  if (document.uri.scheme !== 'vscode-notebook-cell') return undefined;
  return workspace.notebookDocuments.find((notebook) =>
    notebook.getCells().some((cell) => cell.document === document),
  );
}
