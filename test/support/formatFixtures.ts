import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Checkpoint } from '../../src/core/checkpoint';
import { openLocalFiles } from '../../src/io/checkpointFiles';
import { openCheckpoint } from '../../src/formats';

/** Tensors of each fixture as the framework that wrote it reads them. */
export interface Goldens {
  readonly [file: string]: {
    readonly [tensor: string]: {
      readonly shape: readonly number[];
      readonly values: readonly (number | string)[];
    };
  };
}

export interface Fixtures {
  readonly folder: string;
  readonly golden: Goldens;
  readonly fixture: (file: string) => Uint8Array<ArrayBuffer>;
  readonly open: (file: string) => Promise<Checkpoint>;
}

/** The fixtures of `test/fixtures/<name>`. */
export function fixturesOf(name: string): Fixtures {
  const folder = join(__dirname, '../fixtures', name);
  return {
    folder,
    golden: JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8')) as Goldens,
    fixture: (file) => new Uint8Array(readFileSync(join(folder, file))),
    open: async (file) => openCheckpoint(await openLocalFiles(join(folder, file))),
  };
}
