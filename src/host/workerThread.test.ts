import { join } from 'node:path';

import { describe, expect, it, vi } from 'vitest';

import type { WorkerApi, WorkerEvents } from '../protocol/workerApi';
import { failureOf } from './failures';
import { startWorkerThread } from './workerThread';

const workerFile = join(__dirname, '../../test/support/loopingThread.cjs');

describe('a thread that works for a view', () => {
  it('is ended when it is silent, and the page is told that the file is at fault', async () => {
    const onDied = vi.fn();
    const thread = startWorkerThread<WorkerApi, WorkerEvents>(
      workerFile,
      {
        role: 'analysis',
        settings: {
          backend: 'auto',
          tensorflowPath: '',
          trustedFolders: [],
          verdict: new Int32Array(2),
        },
        cache: { folder: '', maxBytes: 0, version: '' },
        silentSeconds: 2,
      },
      { progressed: () => Promise.resolve(), rowsChanged: () => Promise.resolve() },
      onDied,
    );
    const error: unknown = await thread.api.catalogue().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    const message =
      'The analysis did not answer for 2 s and was ended: the file is probably damaged';
    expect(failureOf(error)).toMatchObject({ title: 'Not readable', message, internal: false });
    expect(onDied).toHaveBeenCalledTimes(1);
    await expect(thread.api.rows(0, 1)).rejects.toThrow(/did not answer/);
  });
});
