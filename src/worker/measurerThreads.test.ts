import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { MeasurerLost } from '../analysis';
import { MeasurerThreads } from './measurerThreads';

const workerFile = join(__dirname, '../../test/support/loopingThread.cjs');

describe('threads that measure', () => {
  it('are ended when they are silent, and say what they were at', async () => {
    const pool = new MeasurerThreads({
      workerFile,
      settings: {
        backend: 'auto',
        tensorflowPath: '',
        trustedFolders: [],
        verdict: new Int32Array(2),
      },
      location: { kind: 'path', path: 'model.h5' },
      tensorCount: 1,
      stopFlag: new Int32Array(new SharedArrayBuffer(4)),
      threads: 1,
      silentSeconds: 2,
    });
    try {
      const [measurer] = await pool.start();
      if (!measurer) throw new Error('no measurer');
      const lost = measurer.statistics(0);
      await expect(lost).rejects.toThrow(MeasurerLost);
      await expect(lost).rejects.toThrow(
        'the measuring thread did not answer for 2 s and was ended: the file is probably damaged',
      );
      await expect(measurer.tensor(0)).rejects.toThrow(/did not answer for 2 s/);
      const [next] = await pool.start();
      expect(next).not.toBe(measurer);
    } finally {
      pool.dispose();
    }
  });
});
