import type { CheckpointFiles } from '../core/byteSource';
import { memoryFiles, openLocalFiles, openRemoteFiles } from '../io/checkpointFiles';
import type { Location } from '../protocol/workerApi';

/** Opens what a location names, and on demand what lies beside it. */
export async function filesAt(location: Location): Promise<CheckpointFiles> {
  switch (location.kind) {
    case 'path':
      return await openLocalFiles(location.path);
    case 'bytes':
      return memoryFiles(location.name, location.bytes);
    case 'url':
      return await openRemoteFiles(new URL(location.url), { tokens: location.tokens });
  }
}
