import { isJsonObject, property } from '../../core/json';

/** What a script's layers measured when RegLens last changed it. */
export interface EditMark {
  /** The checkpoint of then, by file and time. */
  readonly checkpoint: string;
  /** By layer: its scalar metrics. */
  readonly before: ReadonlyMap<string, Readonly<Record<string, number>>>;
}

/** Marks by script, the latest last. */
export type EditMarkTable = ReadonlyMap<string, EditMark>;

/** Shape of what is kept: another one is passed over. */
const version = 1;
/** Scripts, the latest ones; layers of each, in the order of the checkpoint. */
const maxScripts = 20;
const maxLayers = 2000;
/** Names and addresses: longer ones are no layer's and no file's. */
const maxLength = 4096;
/** What is shown of before and after. */
const keptMetrics = ['zero.frac', 'l2'] as const;

/** As plain JSON for the workspace's state, at most some hundred kilobytes for a script. */
export function keptMarks(marks: EditMarkTable): unknown {
  return {
    version,
    marks: [...marks].slice(-maxScripts).map(([script, { checkpoint, before }]) => ({
      script,
      checkpoint,
      layers: [...before]
        .filter(([name]) => isText(name))
        .slice(0, maxLayers)
        .map(([name, metrics]) => [name, metricsOf(metrics)]),
    })),
  };
}

/** Reads what was kept, which is input: whatever is not as it was written is left out. */
export function readMarks(state: unknown): EditMarkTable {
  const kept = property(state, 'marks');
  if (property(state, 'version') !== version || !Array.isArray(kept)) return new Map();
  return new Map(
    kept.slice(-maxScripts).flatMap((mark: unknown): (readonly [string, EditMark])[] => {
      const script = property(mark, 'script');
      const checkpoint = property(mark, 'checkpoint');
      const layers = property(mark, 'layers');
      if (!isText(script) || !isText(checkpoint) || !Array.isArray(layers)) return [];
      return [
        [script, { checkpoint, before: new Map(layers.slice(0, maxLayers).flatMap(layerOf)) }],
      ];
    }),
  );
}

function layerOf(pair: unknown): readonly (readonly [string, Readonly<Record<string, number>>])[] {
  if (!Array.isArray(pair)) return [];
  const items: readonly unknown[] = pair;
  const [name, metrics] = items;
  return isText(name) && isJsonObject(metrics) ? [[name, metricsOf(metrics)]] : [];
}

function metricsOf(metrics: unknown): Readonly<Record<string, number>> {
  return Object.fromEntries(
    keptMetrics.flatMap((id) => {
      const value = property(metrics, id);
      return typeof value === 'number' && Number.isFinite(value) ? [[id, value]] : [];
    }),
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxLength;
}
