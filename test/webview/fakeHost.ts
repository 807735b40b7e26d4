import { findings } from './findings';
import type { LayerRow } from '../../src/protocol/layers';
import { connect, serve, type Port } from '../../src/protocol/rpc';
import type { HostApi, Overview, ViewApi, ViewStart } from '../../src/protocol/viewApi';
import { catalogue } from './catalogue';
import { largeCheckpoint, smallCheckpoint, type Checkpoint } from './checkpoints';
import { detailOf } from './layerDetails';

/** What a test may do to the page from the host's side, and what the page has asked of the host. */
export interface FakeHost {
  readonly calls: { readonly method: string; readonly args: readonly unknown[] }[];
  readonly view: ViewApi;
  readonly checkpoint: Checkpoint;
  /** The rows as they are before anything is measured. */
  blank(row: LayerRow): LayerRow;
}

declare global {
  interface Window {
    fakeHost: FakeHost;
    acquireVsCodeApi: () => unknown;
  }
}

const parameters = new URLSearchParams(location.search);
const scene = parameters.get('scene') ?? 'small';
const checkpoint = scene === 'large' ? largeCheckpoint(3000) : smallCheckpoint();
const calls: { method: string; args: readonly unknown[] }[] = [];
const listeners = new Set<(message: unknown) => void>();

const port: Port = {
  post: (data) => window.dispatchEvent(new MessageEvent('message', { data })),
  listen: (onMessage) => {
    listeners.add(onMessage);
    return () => listeners.delete(onMessage);
  },
};

window.acquireVsCodeApi = () => ({
  postMessage: (message: unknown) => {
    // A message arrives later, and as a copy.
    const copy: unknown = structuredClone(message);
    queueMicrotask(() => listeners.forEach((listener) => listener(copy)));
  },
  getState: (): unknown => JSON.parse(sessionStorage.getItem('state') ?? 'null'),
  setState: (state: unknown) => sessionStorage.setItem('state', JSON.stringify(state)),
});

/** A copy that lacks some properties. */
function without<T extends object, K extends keyof T>(value: T, keys: readonly K[]): Omit<T, K> {
  const copy = { ...value };
  for (const key of keys) Reflect.deleteProperty(copy, key);
  return copy;
}

const blank = (row: LayerRow): LayerRow => {
  return {
    ...without(row, ['sparkline']),
    state: 'pending',
    metrics: {},
    baselines: {},
    missing: [],
  };
};

const partial: Overview = {
  ...checkpoint.overview,
  totals: { ...checkpoint.overview.totals, measuredLayerCount: 1 },
  highlights: [],
  progress: { phase: 'spectra', done: 1, total: 3, current: 'classifier.fc1' },
};

/** Scene `absent`: a layer whose spectrum was left out, and whose charts say why. */
const withoutSpectrum = (row: LayerRow): LayerRow => {
  const reason = 'The smaller side of 8 192 is above the limit of 4 096';
  return {
    ...without(row, ['sparkline']),
    metrics: {
      ...without(row.metrics, ['sigma1', 'srank', 'erank_sigma', 'cond', 'OI_row']),
    },
    missing: [
      { family: 'spectrum', reason },
      { family: 'orthogonality', reason },
      { family: 'marchenko-pastur', reason },
    ],
  };
};

const rows = checkpoint.rows.map((row, index) => {
  if (scene === 'partial' && index > 0) return blank(row);
  return scene === 'absent' && index === 1 ? withoutSpectrum(row) : row;
});

const start: ViewStart = {
  fileName: checkpoint.fileName,
  catalogue,
  ...(scene === 'failure'
    ? {
        failure: {
          title: 'Truncated file',
          message: 'safetensors: "fc1.weight" spans bytes 1 024 to 525 312, the file has 4 096',
          byteOffset: 1024,
          remedy: 'Copy the file again: its end is missing.',
          internal: false,
        },
      }
    : { overview: scene === 'partial' ? partial : checkpoint.overview }),
  links:
    scene === 'large'
      ? []
      : [{ layer: 1, label: 'train.py:14', confidence: 0.9, reason: 'fc1 = nn.Linear(1024, 128)' }],
  techniques: [
    { id: 'l1', title: 'L1 penalty', state: 'offered', detail: 'Adds Σ|w| to the loss' },
    { id: 'dropout', title: 'Dropout', state: 'present', detail: 'nn.Dropout(0.5) at train.py:21' },
    { id: 'mixup', title: 'Mixup', state: 'unavailable', detail: 'No training loop was found' },
  ],
  findings: scene === 'failure' ? { findings: [], techniques: [] } : findings,
};

const record =
  (method: keyof HostApi) =>
  (...args: readonly unknown[]): Promise<void> => {
    calls.push({ method, args });
    return Promise.resolve();
  };

serve<HostApi>(port, {
  start: () => Promise.resolve(start),
  rows: (from, to) => Promise.resolve(rows.slice(from, to)),
  detail: (layer) => {
    calls.push({ method: 'detail', args: [layer] });
    const row = checkpoint.rows[layer];
    if (!row) return Promise.reject(new Error(`no layer ${layer}`));
    const detail = detailOf(row);
    if (scene !== 'absent' || layer !== 1) return Promise.resolve(detail);
    const reason = '3 NaN, first at [4, 17]';
    return Promise.resolve({
      ...without(detail, ['cosines']),
      arrays: {},
      pairs: [],
      absent: { spectrum: 'Left out for its size', cosines: reason, norms: reason, pairs: reason },
    });
  },
  tensors: (from, to) => Promise.resolve(checkpoint.tensors.slice(from, to)),
  skipped: (from, to) => Promise.resolve(checkpoint.skipped.slice(from, to)),
  measureNow: record('measureNow'),
  cancel: record('cancel'),
  resume: record('resume'),
  copy: record('copy'),
  openCode: record('openCode'),
  addTechnique: record('addTechnique'),
  compare: record('compare'),
  openAsText: record('openAsText'),
  reload: record('reload'),
  showLog: record('showLog'),
  reportIssue: record('reportIssue'),
});

window.fakeHost = { calls, view: connect<ViewApi>(port).api, checkpoint, blank };
