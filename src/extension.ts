import { CodeActionKind, languages, Uri, window, workspace, type ExtensionContext } from 'vscode';

import manifest from '../package.json';
import { registerCommands } from './host/commands';
import { registerCompareCommands } from './host/compare/compareCommands';
import { ComparePanels } from './host/compare/comparePanels';
import { Manifests } from './host/compare/manifests';
import {
  compareViewType,
  manifestScheme,
  optionalViewType,
  remoteScheme,
  runsViewId,
  seriesViewType,
  viewType,
} from './host/contributions';
import { LayerHover } from './host/layerHover';
import { LayerLens } from './host/layerLens';
import { log } from './host/log';
import { ModelEditor } from './host/modelEditor';
import {
  EditMarks,
  notifyOfAlarms,
  Recall,
  registerRunCommands,
  RunFiles,
  Runs,
  RunTree,
  SeriesPanels,
} from './host/runs';
import { FindingHints } from './host/findingHints';
import { Hazards } from './host/hazards';
import { Pins } from './host/pins';
import { AccessTokens, RemoteFiles } from './host/remote';
import { scriptLanguages, Scripts } from './host/scripts';
import { Sessions } from './host/sessions';
import { techniqueKind, TechniqueActions } from './host/techniqueActions';
import { TechniqueHover } from './host/techniqueHover';
import { TrainingCode } from './host/trainingCode';
import { TrainingThread } from './host/trainingThread';

export function activate({
  extensionUri,
  globalStorageUri,
  secrets,
  workspaceState,
  subscriptions,
}: ExtensionContext): void {
  const results = Uri.joinPath(globalStorageUri, 'results');
  const thread = new TrainingThread(Uri.joinPath(extensionUri, 'dist', 'training.js').fsPath);
  const scripts = new Scripts(thread);
  const hazards = new Hazards(scripts);
  const tokens = new AccessTokens(secrets);
  const build = {
    tokens,
    workerFile: Uri.joinPath(extensionUri, 'dist', 'worker.js').fsPath,
    version: manifest.version,
    cacheFolder: results.fsPath,
  };
  const sessions = new Sessions(build);
  const comparisons = new ComparePanels(extensionUri, build);
  const manifests = new Manifests(sessions);
  const pins = new Pins(workspaceState);
  const code = new TrainingCode(sessions, scripts, pins);
  const editor = new ModelEditor(extensionUri, sessions, code);
  const runFiles = new RunFiles();
  const recall = new Recall(build);
  const runs = new Runs(runFiles, { sessions, recall });
  const runTree = new RunTree(runs);
  const marks = new EditMarks(workspaceState);
  const series = new SeriesPanels(extensionUri, runs);
  const lens = new LayerLens(code, sessions, runs, marks);
  const hints = new FindingHints(scripts, code, sessions);
  const options = { supportsMultipleEditorsPerDocument: true };
  subscriptions.push(
    log,
    thread,
    scripts,
    hazards,
    sessions,
    pins,
    code,
    lens,
    hints,
    workspace.registerFileSystemProvider(remoteScheme, new RemoteFiles(), { isReadonly: true }),
    window.registerCustomEditorProvider(viewType, editor, options),
    window.registerCustomEditorProvider(optionalViewType, editor, options),
    languages.registerCodeLensProvider(scriptLanguages, lens),
    languages.registerCodeActionsProvider(scriptLanguages, new TechniqueActions(scripts), {
      providedCodeActionKinds: [techniqueKind],
    }),
    languages.registerCodeActionsProvider(scriptLanguages, hazards, {
      providedCodeActionKinds: [CodeActionKind.QuickFix],
    }),
    languages.registerCodeActionsProvider(scriptLanguages, hints, {
      providedCodeActionKinds: [CodeActionKind.QuickFix],
    }),
    languages.registerHoverProvider(scriptLanguages, new TechniqueHover(scripts)),
    languages.registerHoverProvider(scriptLanguages, new LayerHover(code)),
    comparisons,
    manifests,
    window.registerWebviewPanelSerializer(compareViewType, comparisons),
    series,
    runTree,
    runs,
    runFiles,
    recall,
    marks,
    notifyOfAlarms(runs),
    window.registerTreeDataProvider(runsViewId, runTree),
    window.registerWebviewPanelSerializer(seriesViewType, series),
    ...registerRunCommands({ runs, panels: series, marks, code }),
    workspace.registerTextDocumentContentProvider(manifestScheme, manifests),
    ...registerCompareCommands(comparisons, manifests),
    ...registerCommands({ editor, scripts, pins, sessions, tokens, results }),
  );
}
