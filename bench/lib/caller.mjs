/**
 * Calls methods over the port as src/protocol/rpc.ts does.
 *
 * @param {import('node:worker_threads').Worker} thread
 * @param {(method: string, args: readonly any[]) => void} [onEvent] told what the thread tells
 */
export function caller(thread, onEvent = () => undefined) {
  const replies = new Map();
  thread.on('message', (message) => {
    if (message.kind === 'call') {
      onEvent(message.method, message.args);
      thread.postMessage({ kind: 'reply', id: message.id, ok: undefined });
      return;
    }
    const { resolve, reject } = replies.get(message.id);
    replies.delete(message.id);
    if ('error' in message) reject(new Error(message.error.message));
    else resolve(message.ok);
  });
  thread.on('error', (error) => replies.forEach(({ reject }) => reject(error)));
  let id = 0;
  return (method, ...args) =>
    new Promise((resolve, reject) => {
      id += 1;
      replies.set(id, { resolve, reject });
      thread.postMessage({ kind: 'call', id, method, args });
    });
}
