// A thread that answers `open` and is alive until it is asked for anything else: then it loops, as code does that a damaged file has got hold of.
const { parentPort, workerData } = require('node:worker_threads');

setInterval(() => Atomics.add(workerData.heartbeat, 0, 1), 200);
parentPort.on('message', ({ id, method }) => {
  if (method !== 'open') for (;;);
  parentPort.postMessage({ kind: 'reply', id, ok: undefined });
});
