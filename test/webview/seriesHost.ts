import type { PointChanges, SeriesPoint } from '../../src/core/series';
import { connect, serve, type Port } from '../../src/protocol/rpc';
import type {
  LayerAtPoint,
  SeriesHostApi,
  SeriesStart,
  SeriesViewApi,
} from '../../src/protocol/seriesApi';
import { catalogue } from './catalogue';
import { findings } from './findings';

/** The host of a run: what a test may do from its side, and what the page has asked of it. */
export interface SeriesHost {
  readonly calls: { readonly method: string; readonly args: readonly unknown[] }[];
  /** A checkpoint of the next epoch is written and measured. */
  grow(): Promise<void>;
}

declare global {
  interface Window {
    seriesHost: SeriesHost;
  }
}

const scene = new URLSearchParams(location.search).get('scene') ?? 'small';
const metrics = ['zero.frac', 'l2', 'sigma1', 'OI_row'];
const layers =
  scene === 'large'
    ? Array.from({ length: 400 }, (_, index) => `blocks.${index}.mlp.fc1`)
    : ['conv1', 'fc1', 'fc2'];
let count = scene === 'partial' ? 2 : scene === 'large' ? 60 : 5;
const total = (): number => (scene === 'partial' ? 5 : count);
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

/** Zeros and norms that move as under L1: fc2 comes later than the others. */
function valueOf(metric: string, layer: number, point: number): number {
  if (scene !== 'large' && layer === 2 && point === 0) return NaN;
  const share = 1 - Math.exp(-(point + 1) / (2 + layer));
  return metric === 'zero.frac' ? 0.8 * share : (10 + layer) * (1 - share / 2);
}

const pointOf = (index: number): SeriesPoint => ({
  name: `epoch${index + 1}.pt`,
  label: `epoch ${index + 1}`,
  modifiedMs: index,
  mark: { epoch: index + 1, accuracy: 0.5 + index / 100 },
  x: index + 1,
});

function changesAt(point: number): PointChanges {
  const [first] = findings.findings;
  return {
    point,
    changes: layers.slice(0, 2).map((layer, index) => ({
      layer,
      metric: 'zero.frac',
      before: valueOf('zero.frac', index, point - 1),
      after: valueOf('zero.frac', index, point),
      relative: 0.4,
    })),
    appeared: point === 2 && first ? [first] : [],
    gone: [],
    newLayers: point === 1 && scene !== 'large' ? ['fc2'] : [],
    lostLayers: [],
  };
}

function start(): SeriesStart {
  return {
    runId: '/runs/7\nepoch#.pt',
    name: 'runs · 7',
    folder: '/runs/7',
    axis: 'epoch',
    catalogue: catalogue.filter(({ id }) => metrics.includes(id)),
    points: Array.from({ length: count }, (_, index) => pointOf(index)),
    layers,
    changes: Array.from({ length: count - 1 }, (_, index) => changesAt(index + 1)),
    progress: {
      done: count,
      total: total(),
      isRunning: scene === 'partial',
      failed:
        scene === 'partial' ? [{ label: 'epoch 3', reason: 'The file ends in the middle' }] : [],
      ...(scene === 'partial' ? { current: 'epoch 4' } : {}),
    },
  };
}

const record =
  (method: keyof SeriesHostApi) =>
  (...args: readonly unknown[]): Promise<void> => {
    calls.push({ method, args });
    return Promise.resolve();
  };

serve<SeriesHostApi>(port, {
  start: () => Promise.resolve(start()),
  values: (metric) =>
    Promise.resolve(
      Float64Array.from(
        layers.flatMap((_, layer) =>
          Array.from({ length: count }, (_none, point) => valueOf(metric, layer, point)),
        ),
      ),
    ),
  layerAt: (point, name) => {
    const layer = layers.indexOf(name);
    if (Number.isNaN(valueOf('l2', layer, point))) return Promise.resolve(undefined);
    const here: LayerAtPoint = {
      view: [64, 128],
      metrics: Object.fromEntries(metrics.map((id) => [id, valueOf(id, layer, point)])),
      baselines: { 'zero.frac': 0, OI_row: 1 },
      sparkline: Array.from({ length: 32 }, (_, rank) => 1 / (1 + rank / 4)),
    };
    return Promise.resolve(here);
  },
  openCheckpoint: record('openCheckpoint'),
  cancel: record('cancel'),
  resume: record('resume'),
  copy: record('copy'),
});

const { api: view } = connect<SeriesViewApi>(port);
window.seriesHost = {
  calls,
  grow: async () => {
    count += 1;
    await view.changed(start());
  },
};
