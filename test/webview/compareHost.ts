import type {
  CompareHostApi,
  CompareStart,
  CompareViewApi,
} from '../../src/protocol/compareViewApi';
import { connect, serve, type Port } from '../../src/protocol/rpc';
import { catalogue } from './catalogue';
import { blankPair, fakeComparison, type FakeComparison } from './comparisons';

/** The host of a comparison: what a test may do from its side, and what the page has asked of it. */
export interface CompareHost {
  readonly calls: { readonly method: string; readonly args: readonly unknown[] }[];
  readonly view: CompareViewApi;
  readonly comparison: FakeComparison;
}

declare global {
  interface Window {
    compareHost: CompareHost;
  }
}

const scene = new URLSearchParams(location.search).get('scene') ?? 'small';
const comparison = fakeComparison(scene === 'large' ? 3000 : 3);
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

const isPartial = scene === 'partial';
const rows = comparison.rows.map((row, index) => (isPartial && index > 0 ? blankPair(row) : row));
const start: CompareStart = {
  a: { label: 'run1/model.pt', uri: 'file:///runs/run1/model.pt' },
  b: { label: 'run2/model.pt', uri: 'file:///runs/run2/model.pt' },
  catalogue,
  ...(scene === 'failure'
    ? {
        failure: {
          title: 'File not found',
          message: 'model.pt (B): there is no file /runs/run2/model.pt',
          remedy: 'Put it back and reload, or compare another checkpoint',
          internal: false,
        },
      }
    : {
        overview: {
          ...comparison.overview,
          ...(isPartial
            ? {
                progress: { phase: 'changes', done: 1, total: 9, current: 'classifier.fc1' },
              }
            : {}),
        },
      }),
  ...(scene === 'failure' || isPartial ? {} : { findings: comparison.findings }),
};

const record =
  (method: keyof CompareHostApi) =>
  (...args: readonly unknown[]): Promise<void> => {
    calls.push({ method, args });
    return Promise.resolve();
  };

serve<CompareHostApi>(port, {
  start: () => Promise.resolve(start),
  rows: (from, to) => Promise.resolve(rows.slice(from, to)),
  unmatched: (side, from, to) =>
    Promise.resolve(side === 'a' ? comparison.unmatched.slice(from, to) : []),
  detail: (pair) => Promise.resolve(comparison.detail(pair)),
  cancel: record('cancel'),
  resume: record('resume'),
  reload: record('reload'),
  swap: record('swap'),
  openCheckpoint: record('openCheckpoint'),
  diffManifests: record('diffManifests'),
  copy: record('copy'),
  showLog: record('showLog'),
  reportIssue: record('reportIssue'),
});

window.compareHost = { calls, view: connect<CompareViewApi>(port).api, comparison };
