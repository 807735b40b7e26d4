import type { Port } from './rpc';

/** One end of a worker thread: the `Worker` in its parent, the `parentPort` in itself. */
export interface ThreadEnd {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  off(event: 'message', listener: (message: unknown) => void): unknown;
}

/** The port over which the two ends of a thread call each other. */
export function threadPort(end: ThreadEnd): Port {
  return {
    post: (message) => end.postMessage(message),
    listen: (onMessage) => {
      end.on('message', onMessage);
      return () => end.off('message', onMessage);
    },
  };
}
