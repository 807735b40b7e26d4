import { languages, Uri, window, type ExtensionContext } from 'vscode';

import manifest from '../package.json';
import { registerCommands } from './host/commands';
import { optionalViewType, viewType } from './host/contributions';
import { LayerLens } from './host/layerLens';
import { log } from './host/log';
import { ModelEditor } from './host/modelEditor';
import { PythonSources } from './host/pythonSources';
import { Sessions } from './host/sessions';
import { techniqueKind, TechniqueActions } from './host/techniqueActions';
import { TrainingCode } from './host/trainingCode';

const python = { language: 'python' };

export function activate({
  extensionUri,
  globalStorageUri,
  subscriptions,
}: ExtensionContext): void {
  const results = Uri.joinPath(globalStorageUri, 'results');
  const sources = new PythonSources(extensionUri);
  const sessions = new Sessions({
    workerFile: Uri.joinPath(extensionUri, 'dist', 'worker.js').fsPath,
    version: manifest.version,
    cacheFolder: results.fsPath,
  });
  const code = new TrainingCode(sessions, sources);
  const editor = new ModelEditor(extensionUri, sessions, code);
  const lens = new LayerLens(code, sessions);
  const options = { supportsMultipleEditorsPerDocument: true };
  subscriptions.push(
    log,
    sources,
    sessions,
    code,
    lens,
    window.registerCustomEditorProvider(viewType, editor, options),
    window.registerCustomEditorProvider(optionalViewType, editor, options),
    languages.registerCodeLensProvider(python, lens),
    languages.registerCodeActionsProvider(python, new TechniqueActions(sources), {
      providedCodeActionKinds: [techniqueKind],
    }),
    ...registerCommands(editor, results),
  );
}
