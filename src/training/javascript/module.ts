import type { Source } from '../source';
import { readNames } from './names';
import type { Names } from './names';

/** A JavaScript or TypeScript file with the meaning of its names. */
export interface JavaScriptModule {
  readonly source: Source;
  readonly names: Names;
}

/** Names are read once for all who ask about a file. */
const shared = new WeakMap<Source, JavaScriptModule>();

/** Looks a parsed JavaScript file through once, for all who ask about it. */
export function readJavaScriptModule(source: Source): JavaScriptModule {
  const module = shared.get(source) ?? { source, names: readNames(source) };
  shared.set(source, module);
  return module;
}
