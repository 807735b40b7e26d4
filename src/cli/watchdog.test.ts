import { spawnSync } from 'node:child_process';

import { describe, expect, it } from 'vitest';

import { startWatchdog, watchdogCode } from './watchdog';

/** A process that starts the watchdog with a limit of a second, and then does something. */
function run(action: string) {
  const script = `
    const { Worker } = require('node:worker_threads');
    const counter = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(${JSON.stringify(watchdogCode)}, {
      eval: true,
      workerData: { counter, limit: 1, text: 'model.h5: it loops\\n' },
    });
    worker.on('online', () => { ${action} });`;
  return spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', timeout: 25_000 });
}

describe('the watchdog of the command line', () => {
  it('ends a process in a loop that nothing interrupts, with a message', () => {
    const { signal, stderr } = run('for (;;);');
    expect([signal, stderr]).toEqual(['SIGKILL', 'model.h5: it loops\n']);
  });

  it('leaves one alone that works and says so', () => {
    const { status, stderr } = run(`
      const end = Date.now() + 2500;
      while (Date.now() < end) Atomics.add(counter, 0, 1);
      process.exit(0);`);
    expect([status, stderr]).toEqual([0, '']);
  });

  it('is gone when it was ended', async () => {
    const watchdog = startWatchdog('model.h5');
    watchdog.beat();
    await expect(watchdog.end()).resolves.toBeUndefined();
  });
});
