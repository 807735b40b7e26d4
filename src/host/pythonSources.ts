import { Uri, workspace, type TextDocument } from 'vscode';

import { createScriptParser, type LanguageId, type ScriptParser } from '../training';
import { Script } from './script';

/** Longer files are no training scripts, and would keep the editor waiting. */
const maxScriptLength = 1_000_000;

/** Parses Python, lazily: the parser is loaded with the first script. Keeps the last tree of each document. */
export class PythonSources {
  private parser: Promise<ScriptParser> | undefined;
  private readonly parsed = new Map<string, { readonly text: string; readonly script: Script }>();

  constructor(private readonly extensionUri: Uri) {}

  /** The document as it stands in the editor; undefined where it is too long to be a training script. */
  async ofDocument(document: TextDocument): Promise<Script | undefined> {
    return await this.parse(document.uri, document.getText());
  }

  /** The document if it is open, else the file. */
  async ofUri(uri: Uri): Promise<Script | undefined> {
    const open = workspace.textDocuments.find((one) => one.uri.toString() === uri.toString());
    if (open) return await this.ofDocument(open);
    const { size } = await workspace.fs.stat(uri);
    if (size > maxScriptLength) return undefined;
    return await this.parse(uri, new TextDecoder().decode(await workspace.fs.readFile(uri)));
  }

  forget(uri: Uri): void {
    this.parsed.delete(uri.toString());
  }

  dispose(): void {
    this.parsed.clear();
  }

  private async parse(uri: Uri, text: string): Promise<Script | undefined> {
    if (text.length > maxScriptLength) return undefined;
    const known = this.parsed.get(uri.toString());
    if (known?.text === text) return known.script;
    this.parser ??= this.load();
    const script = new Script(await (await this.parser).parse(text, 'python'));
    this.parsed.set(uri.toString(), { text, script });
    return script;
  }

  private async load(): Promise<ScriptParser> {
    const read = async (name: string): Promise<Uint8Array> =>
      await workspace.fs.readFile(Uri.joinPath(this.extensionUri, 'dist', name));
    return createScriptParser({
      runtime: await read('web-tree-sitter.wasm'),
      grammar: (language: LanguageId) => read(`tree-sitter-${language}.wasm`),
    });
  }
}
