import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import { afterEach, describe, expect, it } from 'vitest';

import { isRemote, remoteUrl, siblingUrl } from '../../core/address';
import { openCheckpoint } from '../../formats';
import { openRemoteFiles } from '../checkpointFiles';
import type { HttpOptions } from './client';
import { tokenFor } from './redirects';
import { HttpSource } from './source';

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

/** A server on loopback, and what it was asked. */
async function serve(handler: Handler): Promise<{ url: URL; asked: IncomingMessage[] }> {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    handler(request, response, asked.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: new URL(`http://127.0.0.1:${address.port}/models/m.bin`), asked };
}

const file = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 7 + (i >> 8)) & 255);

/** Sends what was asked for, as a good server does. */
function sendRange(
  { headers }: IncomingMessage,
  response: ServerResponse,
  { bytes = file, etag = '"one"' }: { bytes?: Uint8Array; etag?: string } = {},
): void {
  const [, first = '0', last = '0'] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
  const end = Math.min(Number(last) + 1, bytes.byteLength);
  const part = bytes.subarray(Number(first), end);
  response.writeHead(206, {
    'content-range': `bytes ${first}-${end - 1}/${bytes.byteLength}`,
    'content-length': part.byteLength,
    etag,
  });
  response.end(part);
}

/** No test waits: delays are noted and end at once. */
function clock(): { options: HttpOptions; delays: number[] } {
  const delays: number[] = [];
  const delay = (milliseconds: number): Promise<void> => {
    delays.push(milliseconds);
    return Promise.resolve();
  };
  return { options: { delay, random: () => 1, timeoutMs: 5000 }, delays };
}

describe('addresses', () => {
  it.each([
    [
      'hf://org/name/model.safetensors',
      'https://huggingface.co/org/name/resolve/main/model.safetensors',
    ],
    ['hf://org/name@v1.0/a/b c.bin', 'https://huggingface.co/org/name/resolve/v1.0/a/b%20c.bin'],
    [
      'hf://org/name@refs%2Fpr%2F1/m.bin',
      'https://huggingface.co/org/name/resolve/refs%2Fpr%2F1/m.bin',
    ],
    [' https://a.test/x.pt?sig=1#part ', 'https://a.test/x.pt?sig=1'],
    ['http://192.168.0.7:8000/x.pt', 'http://192.168.0.7:8000/x.pt'],
  ])('takes %s', (text, expected) => {
    expect(remoteUrl(text).href).toBe(expected);
  });

  it('takes a mirror of the hub', () => {
    const { href } = remoteUrl('hf://o/n/m.bin', 'https://mirror.test/hub/');
    expect(href).toBe('https://mirror.test/hub/o/n/resolve/main/m.bin');
  });

  it.each([
    ['file:///etc/passwd', /begins with "file:"/],
    ['ftp://a.test/x', /begins with "ftp:"/],
    ['javascript:alert(1)', /begins with "javascript:"/],
    ['data:,x', /begins with "data:"/],
    ['https://user:secret@a.test/x', /a user name or a password/],
    ['model.pt', /is none/],
    ['hf://org/name', /is no hf:/],
    ['hf://org/../../x', /is no hf:/],
    ['hf://org/name/a/../../../x', /is no hf:/],
    [`https://a.test/${'x'.repeat(9000)}`, /the limit is 8192/],
  ])('refuses %s', (text, message) => {
    expect(() => remoteUrl(text)).toThrow(message);
  });

  it('tells addresses from paths', () => {
    expect(
      ['hf://a/b/c', 'https://a', 'file:///x', 'C:\\m.pt', './m.pt', 'a:b.pt'].map(isRemote),
    ).toEqual([true, true, true, false, false, false]);
  });

  it('keeps siblings in the folder', () => {
    const sibling = siblingUrl(new URL('https://a.test/f/m.json?x=1'), 'a?b#c/d.bin');
    expect(sibling.href).toBe('https://a.test/f/a%3Fb%23c/d.bin?x=1');
  });
});

describe('reading ranges', () => {
  it('gives exactly the bytes asked for and downloads no more than their blocks', async () => {
    const { url, asked } = await serve((request, response) => sendRange(request, response));
    const source = await HttpSource.open(url, clock().options);
    expect([source.name, source.size]).toEqual(['m.bin', file.byteLength]);
    for (const [at, length] of [
      [0, 10],
      [262_140, 10],
      [2_999_990, 10],
      [1_000_000, 600_000],
      [5, 0],
    ] as const) {
      // Compared as bytes: the runner takes seconds to compare so many elements.
      expect(Buffer.compare(await source.read(at, length), file.subarray(at, at + length))).toBe(0);
    }
    expect(asked.map(({ headers }) => headers.range)).toEqual([
      'bytes=0-262143',
      'bytes=262144-524287',
      'bytes=2883584-2999999',
      'bytes=786432-1835007',
    ]);
    expect(asked.slice(1).every(({ headers }) => headers['if-match'] === '"one"')).toBe(true);
    await expect(source.read(2_999_999, 2)).rejects.toThrow(/the file has 3000000/);
  });

  it('asks once for what many read at the same time', async () => {
    const { url, asked } = await serve((request, response) => sendRange(request, response));
    const source = await HttpSource.open(url, clock().options);
    const reads = Array.from({ length: 20 }, (_, i) => source.read(600_000 + i, 100));
    expect(await Promise.all(reads)).toHaveLength(20);
    expect(asked).toHaveLength(2);
  });

  it('opens an empty file, and a small one of a server without ranges', async () => {
    const empty = await serve((_, response) => {
      response.writeHead(416, { 'content-range': 'bytes */0' }).end();
    });
    expect((await HttpSource.open(empty.url, clock().options)).size).toBe(0);
    const small = await serve((_, response) => response.end('hello'));
    const source = await HttpSource.open(small.url, clock().options);
    expect(new TextDecoder().decode(await source.read(1, 3))).toBe('ell');
  });

  const faults: [string, Handler, RegExp][] = [
    [
      'a large file of a server without ranges',
      (_, response) => {
        response.writeHead(200, { 'content-length': 10 ** 9 });
        response.write('x');
      },
      /sends no ranges: it would have to be downloaded whole, 1000000000 bytes/,
    ],
    [
      'the same without its length',
      (_, response) => {
        const more = (): void => {
          while (!response.destroyed && response.write(file));
          if (!response.destroyed) response.once('drain', more);
        };
        more();
      },
      /sends no ranges.*more than 16777216/,
    ],
    [
      'another range than was asked for',
      (_, response) => {
        response.writeHead(206, { 'content-range': 'bytes 5-9/100' }).end('12345');
      },
      /was asked for bytes 0-262143 and says "bytes 5-9\/100"/,
    ],
    ['a range of nothing', (_, response) => response.writeHead(206).end('1'), /says "nothing"/],
    [
      'more bytes than it says',
      (_, response) => {
        response.writeHead(206, { 'content-range': 'bytes 0-4/5' }).end('1234567');
      },
      /sends more than the 5 bytes/,
    ],
    [
      'fewer bytes than it says, always',
      (_, response) => {
        response.writeHead(206, { 'content-range': 'bytes 0-4/5' }).end('12');
      },
      /ends after 2 of 5 bytes/,
    ],
    [
      'a connection that always breaks',
      (request) => request.socket.destroy(),
      /connection to .* broke/,
    ],
    [
      'packed bytes',
      (_, response) => {
        response
          .writeHead(206, { 'content-encoding': 'gzip', 'content-range': 'bytes 0-4/5' })
          .end('12345');
      },
      /packed as gzip/,
    ],
    [
      'redirects without an end',
      (_, response) => response.writeHead(302, { location: '/again' }).end(),
      /redirects more than 8 times/,
    ],
    [
      'a redirect to a file',
      (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      /redirects to file:/,
    ],
    [
      'a redirect to nonsense',
      (_, response) => response.writeHead(302, { location: 'http://[' }).end(),
      /no address/,
    ],
    [
      '401',
      (_, response) => response.writeHead(401).end(),
      /answers 401: it needs an access token/,
    ],
    ['404', (_, response) => response.writeHead(404).end(), /answers 404: it is not there/],
    ['503, always', (_, response) => response.writeHead(503).end(), /answers 503/],
  ];
  it.each(faults)('refuses %s', async (_, handler, message) => {
    const { url } = await serve(handler);
    url.searchParams.set('signature', 'secret');
    const error: unknown = await HttpSource.open(url, clock().options).catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ name: 'FormatError', message: expect.stringMatching(message) });
    expect(JSON.stringify(error)).not.toContain('secret');
  });

  it('says that a host cannot be reached, at once', async () => {
    const { url } = await serve((request, response) => sendRange(request, response));
    open.splice(0).forEach((close) => close());
    const { options, delays } = clock();
    await expect(HttpSource.open(url, options)).rejects.toThrow(
      /cannot be reached \(ECONNREFUSED\)/,
    );
    expect(delays).toEqual([]);
  });

  it('gives up on a server that does not answer', async () => {
    const { url, asked } = await serve(() => undefined);
    const { options } = clock();
    await expect(HttpSource.open(url, { ...options, timeoutMs: 20 })).rejects.toThrow(
      /not answer in time/,
    );
    expect(asked).toHaveLength(5);
  });

  it('tries again with more patience each time, or as the server says', async () => {
    const { url } = await serve((request, response, count) => {
      if (count === 1) request.socket.destroy();
      else if (count === 2) response.writeHead(429, { 'retry-after': '7' }).end();
      else if (count === 3) response.writeHead(500).end();
      else if (count === 4) response.writeHead(503, { 'retry-after': '9999' }).end();
      else sendRange(request, response);
    });
    const { options, delays } = clock();
    expect((await HttpSource.open(url, options)).size).toBe(file.byteLength);
    expect(delays).toEqual([500, 7000, 2000, 30_000]);
  });

  it('reads on after an answer that broke off', async () => {
    const { url } = await serve((request, response, count) => {
      if (count !== 2) {
        sendRange(request, response);
        return;
      }
      response.writeHead(206, {
        'content-range': 'bytes 786432-1048575/3000000',
        'content-length': 262_144,
        etag: '"one"',
      });
      response.write(file.subarray(0, 1000), () => request.socket.destroy());
    });
    const source = await HttpSource.open(url, clock().options);
    expect(await source.read(800_000, 10)).toEqual(file.slice(800_000, 800_010));
  });

  it.each<[string, Handler]>([
    ['its tag', (request, response, count) => sendRange(request, response, { etag: `"${count}"` })],
    [
      'its weak tag',
      (request, response, count) => sendRange(request, response, { etag: `W/"${count}"` }),
    ],
    [
      'its size',
      (request, response, count) =>
        sendRange(request, response, { bytes: count > 1 ? file.subarray(0, 2_900_000) : file }),
    ],
    [
      'what the server checks itself',
      (request, response, count) => {
        if (count > 1 && request.headers['if-match'] === '"one"') response.writeHead(412).end();
        else sendRange(request, response);
      },
    ],
  ])('notices a file that has changed by %s', async (_, handler) => {
    const { url } = await serve(handler);
    const source = await HttpSource.open(url, clock().options);
    await expect(source.read(1_000_000, 10)).rejects.toThrow(/has changed on the server/);
  });
});

describe('access tokens', () => {
  it('go to their host and not to the one that it redirects to', async () => {
    const store = await serve((request, response) => sendRange(request, response));
    const hub = await serve((_, response) => {
      response.writeHead(302, { location: store.url.href }).end();
    });
    const tokens = { [hub.url.host]: 'secret' };
    await HttpSource.open(hub.url, { ...clock().options, tokens });
    expect(hub.asked[0]?.headers.authorization).toBe('Bearer secret');
    expect(store.asked[0]?.headers.authorization).toBeUndefined();
  });

  it.each([
    ['https://a.test/m', 'secret'],
    ['http://a.test/m', undefined],
    ['http://localhost/m', undefined],
    ['https://a.test:8443/m', undefined],
    ['https://b.a.test/m', undefined],
    ['https://a.test.evil.test/m', undefined],
    ['https://constructor/m', undefined],
  ])('for a.test: at %s %s', (url, expected) => {
    expect(tokenFor(new URL(url), { 'a.test': 'secret' })).toBe(expected);
  });
});

describe('a checkpoint on a server', () => {
  /** A safetensors file of one float, 1. */
  const shard = (name: string): Uint8Array => {
    const header = JSON.stringify({ [name]: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } });
    const length = new Uint8Array(8);
    new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true);
    return Buffer.concat([length, Buffer.from(header), Buffer.from(Float32Array.of(1).buffer)]);
  };
  it('finds its shards beside it', async () => {
    const index = {
      weight_map: { a: 'a.safetensors', b: 'sub/b.safetensors', c: '../c.safetensors' },
    };
    const { url, asked } = await serve((request, response) => {
      const files: Record<string, Uint8Array> = {
        '/models/m.bin': Buffer.from(JSON.stringify(index)),
        '/models/a.safetensors': shard('a'),
        '/models/sub/b.safetensors': shard('b'),
      };
      const bytes = files[request.url ?? ''];
      if (bytes) sendRange(request, response, { bytes });
      else response.writeHead(404).end();
    });
    const files = await openRemoteFiles(url, clock().options);
    const { tensors, skipped } = await openCheckpoint(files);
    expect(tensors.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(skipped).toMatchObject([{ name: 'c', reason: /outside its folder/ }]);
    expect(asked.some((request) => request.url?.includes('c.safetensors'))).toBe(false);
  });

  it('is refused with a web page in its place', async () => {
    const { url } = await serve((_, response) => response.end('<!doctype html><p>Log in'));
    await expect(openCheckpoint(await openRemoteFiles(url, clock().options))).rejects.toThrow(
      /is a web page/,
    );
  });
});
