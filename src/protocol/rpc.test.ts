import { MessageChannel, type MessagePort } from 'node:worker_threads';

import { afterEach, describe, expect, it } from 'vitest';

import { FormatError } from '../core/errors';
import { connect, RemoteError, serve, type Port } from './rpc';

interface Arithmetic {
  add(a: number, b: number): Promise<number>;
  fail(): Promise<never>;
  reject(): Promise<never>;
  never(): Promise<never>;
}

const arithmetic: Arithmetic = {
  add: (a, b) => Promise.resolve(a + b),
  fail: () => {
    throw new FormatError('safetensors', 'header is 3 bytes', {
      byteOffset: 8,
      remedy: 'Save again',
    });
  },
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what a careless method may do
  reject: () => Promise.reject('just text'),
  never: () => new Promise(() => undefined),
};

const portOf = (end: MessagePort): Port => ({
  post: (message) => end.postMessage(message),
  listen: (onMessage) => {
    end.on('message', onMessage);
    return () => end.off('message', onMessage);
  },
});

const channels: MessageChannel[] = [];
function pair(): { near: Port; far: Port } {
  const channel = new MessageChannel();
  channels.push(channel);
  return { near: portOf(channel.port1), far: portOf(channel.port2) };
}
afterEach(() => channels.splice(0).forEach(({ port1 }) => port1.close()));

describe('calls over a port', () => {
  it('answers concurrent calls each to its own', async () => {
    const { near, far } = pair();
    serve(far, arithmetic);
    const { api } = connect<Arithmetic>(near);
    expect(await Promise.all([api.add(1, 2), api.add(3, 4), api.add(5, 6)])).toEqual([3, 7, 11]);
  });

  it('carries name, message and plain fields of an error', async () => {
    const { near, far } = pair();
    serve(far, arithmetic);
    const { api } = connect<Arithmetic>(near);
    const error = await api.fail().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(RemoteError);
    expect(error).toMatchObject({
      name: 'FormatError',
      message: 'safetensors: header is 3 bytes',
      fields: { format: 'safetensors', byteOffset: 8, remedy: 'Save again' },
    });
    await expect(api.reject()).rejects.toThrow('just text');
  });

  it.each(['toString', 'constructor', '__proto__', 'missing'])(
    'refuses the method %j',
    async (name) => {
      const { near, far } = pair();
      serve(far, arithmetic);
      const { api } = connect<Record<string, () => Promise<unknown>>>(near);
      await expect(api[name]?.()).rejects.toThrow(`Unknown method "${name}"`);
    },
  );

  it('rejects what is waiting, and later calls, when disposed', async () => {
    const { near, far } = pair();
    serve(far, arithmetic);
    const { api, dispose } = connect<Arithmetic>(near);
    const waiting = api.never();
    dispose('Analysis stopped with code 1');
    await expect(waiting).rejects.toThrow('Analysis stopped with code 1');
    await expect(api.add(1, 1)).rejects.toThrow('Analysis stopped with code 1');
  });

  it('can be awaited without calling the other side', async () => {
    const { near } = pair();
    const { api } = connect<Arithmetic>(near);
    expect(await Promise.resolve(api)).toBe(api);
  });

  it('serves both directions on one port and ignores what is no call', async () => {
    const { near, far } = pair();
    serve(far, arithmetic);
    serve(near, { add: (a: number, b: number) => Promise.resolve(a * b) });
    const forward = connect<Arithmetic>(near);
    const back = connect<Pick<Arithmetic, 'add'>>(far);
    for (const noise of [null, 7, 'text', { kind: 'call' }, { kind: 'reply', id: 99 }]) {
      near.post(noise);
    }
    expect(await forward.api.add(2, 3)).toBe(5);
    expect(await back.api.add(2, 3)).toBe(6);
  });
});
