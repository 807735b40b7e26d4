import { Worker } from 'node:worker_threads';

import { afterEach, describe, expect, it, vi } from 'vitest';

import {
  newHeartbeat,
  patienceWith,
  silenceText,
  silentSeconds,
  startBeating,
  watchHeartbeat,
} from './heartbeat';

describe('the heartbeat of a thread', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is missed after the limit, once', () => {
    vi.useFakeTimers();
    const counter = newHeartbeat();
    const silent = vi.fn();
    watchHeartbeat(counter, silent, 3);
    vi.advanceTimersByTime(2000);
    Atomics.add(counter, 0, 1);
    vi.advanceTimersByTime(3000);
    expect(silent).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1000);
    expect(silent).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(10_000);
    expect(silent).toHaveBeenCalledTimes(1);
  });

  it('is heard while the thread answers messages, and while it looks at the flag', () => {
    vi.useFakeTimers();
    const [idle, working] = [newHeartbeat(), newHeartbeat()];
    const silent = vi.fn();
    const { stop: stopBeating } = startBeating(idle);
    watchHeartbeat(idle, silent, 3);
    const stop = watchHeartbeat(working, silent, 3);
    for (let second = 0; second < 20; second++) {
      Atomics.add(working, 0, 1);
      vi.advanceTimersByTime(1000);
    }
    stop();
    vi.advanceTimersByTime(20_000);
    expect(silent).not.toHaveBeenCalled();
    stopBeating();
    vi.advanceTimersByTime(4000);
    expect(silent).toHaveBeenCalledTimes(1);
  });

  it('is waited for longer where a native library may compute', () => {
    expect(patienceWith({ backend: 'wasm', tensorflowPath: '' })).toBe(silentSeconds);
    expect(patienceWith({ backend: 'tensorflow', tensorflowPath: '' })).toBeGreaterThan(600);
    expect(patienceWith({ backend: 'auto', tensorflowPath: '/tf' })).toBeGreaterThan(600);
  });

  it('is not looked for after the thread has ended', () => {
    vi.useFakeTimers();
    const silent = vi.fn();
    watchHeartbeat(newHeartbeat(), silent, 2)();
    vi.advanceTimersByTime(10_000);
    expect(silent).not.toHaveBeenCalled();
  });

  it('ends a thread in a loop of WebAssembly that nothing interrupts', async () => {
    // (module (func (export "f") (loop (br 0))))
    const loop = [
      0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0,
    ];
    const code = [...loop, 10, 9, 1, 7, 0, 3, 64, 12, 0, 11, 11];
    const counter = newHeartbeat();
    const worker = new Worker(
      `const { workerData } = require('node:worker_threads');
       Atomics.add(workerData.counter, 0, 1);
       const module = new WebAssembly.Module(Uint8Array.from(workerData.code));
       new WebAssembly.Instance(module).exports.f();`,
      { eval: true, workerData: { counter, code } },
    );
    const reason = await new Promise<string>((resolve, reject) => {
      worker.on('error', reject);
      const watch = (): void => {
        watchHeartbeat(counter, () => resolve(silenceText('the analysis', 1)), 1);
      };
      worker.on('online', watch);
    });
    expect(reason).toBe(
      'the analysis did not answer for 1 s and was ended: the file is probably damaged',
    );
    expect(await worker.terminate()).toBe(1);
  });
});
