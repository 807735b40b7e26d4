import type { Source } from '../source';

/** A JavaScript or TypeScript file with the meaning of its names. */
export interface JavaScriptModule {
  readonly source: Source;
}

export function readJavaScriptModule(source: Source): JavaScriptModule {
  return { source };
}
