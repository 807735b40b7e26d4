/** What package.json contributes, by name; a test keeps the two alike. */

export const viewType = 'reglens.inspector';
/** The same editor for files that other editors may want first: HDF5, JSON. */
export const optionalViewType = 'reglens.inspectorOption';

/** The panel that compares two checkpoints. */
export const compareViewType = 'reglens.compare';
/** Checkpoints on web servers. */
export const remoteScheme = 'reglens-remote';
/** Checkpoints as text, read-only. */
export const manifestScheme = 'reglens-manifest';

/** The panel that shows a run over time, and the tree that lists the runs. */
export const seriesViewType = 'reglens.series';
export const runsViewId = 'reglens.runs';
/** Context in which the workspace has runs. */
export const runsKey = 'reglens.hasRuns';

/** Commands of the palette and of menus. */
export const openInspectorCommand = 'reglens.openInspector';
export const clearCacheCommand = 'reglens.clearCache';
export const openFolderCommand = 'reglens.openFolder';
export const openUrlCommand = 'reglens.openUrl';
export const setAccessTokenCommand = 'reglens.setAccessToken';
export const addRegularizerCommand = 'reglens.addRegularizer';
export const pinCheckpointCommand = 'reglens.pinCheckpoint';
export const compareCommand = 'reglens.compare';
export const selectForCompareCommand = 'reglens.selectForCompare';
export const compareWithSelectedCommand = 'reglens.compareWithSelected';
/** On two files that are selected in the explorer. */
export const compareSelectedCommand = 'reglens.compareSelected';
export const diffManifestsCommand = 'reglens.diffManifests';
export const openSeriesCommand = 'reglens.openSeries';
/** Context in which a checkpoint is selected for compare. */
export const selectedForCompareKey = 'reglens.isSelectedForCompare';
/** Run by code lenses and code actions only, so package.json does not name them. */
export const openLayerCommand = 'reglens.openLayer';
export const selectRangeCommand = 'reglens.selectRange';
/** Run after an edit of ours: what the script's layers measured before it is remembered. */
export const noteEditCommand = 'reglens.noteEdit';

export const settingDefaults = {
  'analysis.maxSpectrumSide': 4096,
  'analysis.budgetSeconds': 60,
  'analysis.reloadOnChange': true,
  'codeLens.enabled': true,
  'codeLens.measureUpToMB': 256,
  backend: 'auto',
  tensorflowPath: '',
  'remote.huggingFaceEndpoint': 'https://huggingface.co',
  'analysis.threads': 0,
  'cache.maxMB': 256,
  'hazards.enabled': true,
  'hover.enabled': true,
  'findings.inCode': true,
  'runs.notify': true,
} as const;

/** Settings that hold a table; each reader checks what it takes from it. */
export const tableDefaults = { 'hazards.severity': {}, 'findings.thresholds': {} } as const;

export type Setting = keyof typeof settingDefaults;
export type TableSetting = keyof typeof tableDefaults;
