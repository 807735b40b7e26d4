import { parentPort, workerData } from 'node:worker_threads';

import { readKernelModules } from '../io/kernelModules';
import { chooseKernels } from '../kernels';
import { connect, serve, type Port } from '../protocol/rpc';
import type { WorkerApi, WorkerEvents } from '../protocol/workerApi';
import { analysisService } from './analysisService';
import { measurerService, type MeasurerApi } from './measurerService';

/** Entry of the analysis thread and of the threads that measure for it: joins the port to the service, no more. */
const parent = parentPort;
if (!parent) throw new Error('The worker runs in a worker thread');

const port: Port = {
  post: (message) => parent.postMessage(message),
  listen: (onMessage) => {
    parent.on('message', onMessage);
    return () => parent.off('message', onMessage);
  },
};
const { stopFlag, role } = workerData as {
  readonly stopFlag: Int32Array;
  readonly role: 'analysis' | 'measurer';
};
const kernels = readKernelModules(__dirname).then(chooseKernels);
if (role === 'measurer') {
  serve<MeasurerApi>(
    port,
    measurerService(kernels, () => Atomics.load(stopFlag, 0) === 1),
  );
} else {
  const { api: events } = connect<WorkerEvents>(port);
  serve<WorkerApi>(port, analysisService(events, { kernels, stopFlag, workerFile: __filename }));
}
