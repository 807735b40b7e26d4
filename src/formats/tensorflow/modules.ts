/** Layers of Keras among the objects of a program: their classes and configurations, where the file has them. */
import { isJsonObject, property, type Json, type JsonObject } from '../../core/json';
import type { ModuleInfo } from '../../core/tensor';
import { classOfGroupName } from '../keras/layerNames';
import type { Variable } from './variables';

/** What a file says of one object. */
export interface LayerRecord {
  readonly type: string;
  readonly config: JsonObject;
}

/** A layer from its `{ class_name, config }`; undefined for optimizers' and other objects' records. */
export function layerRecord(metadata: Json | undefined): LayerRecord | undefined {
  const className = property(metadata, 'class_name');
  const config = property(metadata, 'config');
  if (typeof className !== 'string' || className === '') return undefined;
  return {
    // Registered classes read `package>Class`.
    type: className.slice(className.lastIndexOf('>') + 1),
    config: isJsonObject(config)
      ? Object.fromEntries(Object.entries(config).filter(([key]) => key !== 'layers'))
      : {},
  };
}

/** The layer that owns a variable: the innermost on the way to it. */
export function moduleOf(
  { name, owners }: Variable,
  layers: ReadonlyMap<number, LayerRecord>,
): ModuleInfo | undefined {
  const path = name.slice(0, Math.max(0, name.lastIndexOf('/')));
  const records = owners.flatMap((id) => layers.get(id) ?? []);
  const last = records.at(-1);
  // A cell is the inside of its recurrent layer: `LSTM` says more than `LSTMCell`.
  const outer = records.at(-2);
  const owner = last && outer && last.type === `${outer.type}Cell` ? outer : last;
  return owner && { name: path, ...owner };
}

/** The class of a layer that has the name which Keras gives where its user gives none: `conv2d_1`. */
export function moduleOfName({ name }: Variable): ModuleInfo | undefined {
  const steps = name.split('/').slice(0, -1);
  for (let last = steps.length; last > 0; last--) {
    const type = classOfGroupName(steps[last - 1] ?? '');
    if (type?.endsWith('Cell')) continue;
    return type === undefined ? undefined : { name: steps.slice(0, last).join('/'), type };
  }
  return undefined;
}
