import { setTimeout as wait } from 'node:timers/promises';

import { FormatError } from '../../core/errors';
import { nameOf } from '../../core/address';

/** How a server is spoken to. Tests give a clock of their own. */
export interface HttpOptions {
  /** Access tokens by host, with its port where it has one. A token is sent to its host alone. */
  readonly tokens?: Readonly<Record<string, string>>;
  /** Time without a byte after which a request is given up. */
  readonly timeoutMs?: number;
  readonly delay?: (milliseconds: number) => Promise<void>;
  readonly random?: () => number;
}

/** A range of a remote file, checked against what the server says of it. */
export interface RangeAnswer {
  readonly bytes: Uint8Array;
  /** Of the whole file. */
  readonly size: number;
  /** The server sent all of it, though a part was asked for. */
  readonly isWhole: boolean;
  /** What tells this version of the file from another. */
  readonly version: Version;
  readonly modifiedMs: number | undefined;
}

/** An entity tag and the host that gave it: the hosts of a network need not agree on it. */
export interface Version {
  readonly host: string;
  readonly etag: string | undefined;
}

export interface RangeRequest {
  readonly start: number;
  readonly end: number;
  /** The version that is expected; a strong one is also sent to its host. */
  readonly version?: Version;
}

const maxRedirects = 8;
const maxTries = 5;
const firstDelayMs = 500;
/** A server that asks for more patience than this gets none. */
const maxDelayMs = 30_000;
const defaultTimeoutMs = 30_000;
/** A server that sends a file whole, because it cannot send a part, may do so up to here. */
const maxWholeBytes = 16 * 2 ** 20;

/** Reads one range, [start, end). Repeats what is worth repeating; every other fault is a FormatError without the address's query. */
export async function readRange(
  url: URL,
  range: RangeRequest,
  options: HttpOptions = {},
): Promise<RangeAnswer> {
  const { delay = (milliseconds: number) => wait(milliseconds), random = Math.random } = options;
  for (let tries = 1; ; tries++) {
    try {
      return await once(url, range, options);
    } catch (error) {
      if (!(error instanceof Passing)) throw error;
      if (tries >= maxTries) throw error.fault;
      // Full jitter: threads that failed together do not come back together.
      const backOff = random() * firstDelayMs * 2 ** (tries - 1);
      await delay(Math.min(maxDelayMs, error.retryAfterMs ?? backOff));
    }
  }
}

/** A fault that may be gone at the next try. */
class Passing extends Error {
  constructor(
    readonly fault: FormatError,
    readonly retryAfterMs?: number,
  ) {
    super(fault.message);
  }
}

async function once(url: URL, range: RangeRequest, options: HttpOptions): Promise<RangeAnswer> {
  const patience = new Patience(options.timeoutMs ?? defaultTimeoutMs);
  try {
    const response = await follow(url, range, { options, patience });
    return await answerOf(url, range, { response, patience });
  } catch (error) {
    if (error instanceof FormatError || error instanceof Passing) throw error;
    throw lost(url, error, patience);
  } finally {
    patience.end();
  }
}

interface Following {
  readonly options: HttpOptions;
  readonly patience: Patience;
}

/** Sends the request, and again where the server says the file is. */
async function follow(
  url: URL,
  { start, end, version }: RangeRequest,
  { options, patience }: Following,
): Promise<Response> {
  let target = url;
  for (let hops = 0; hops <= maxRedirects; hops++) {
    const headers = new Headers({
      range: `bytes=${start}-${end - 1}`,
      // A range of compressed bytes is no range of the file.
      'accept-encoding': 'identity',
    });
    // A weak tag never matches (RFC 9110, 13.1.1).
    const etag = version?.host === target.host ? version.etag : undefined;
    if (etag !== undefined && !etag.startsWith('W/')) headers.set('if-match', etag);
    const token = tokenFor(target, options.tokens);
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    const { signal } = patience;
    const response = await fetch(target, { headers, redirect: 'manual', signal });
    const location = response.headers.get('location');
    if (![301, 302, 303, 307, 308].includes(response.status) || location === null) return response;
    await response.body?.cancel();
    target = nextOf(target, location);
  }
  throw new FormatError(nameOf(url), `${url.host} redirects more than ${maxRedirects} times`);
}

function nextOf(from: URL, location: string): URL {
  if (!URL.canParse(location, from.href)) {
    throw new FormatError(nameOf(from), `${from.host} redirects to what is no address`);
  }
  const to = new URL(location, from);
  const isWeb = to.protocol === 'https:' || to.protocol === 'http:';
  if (!isWeb || (from.protocol === 'https:' && to.protocol === 'http:')) {
    throw new FormatError(
      nameOf(from),
      `${from.host} redirects to ${to.protocol}, which is refused`,
    );
  }
  if (to.username !== '' || to.password !== '') {
    throw new FormatError(nameOf(from), `${from.host} redirects to an address with a password`);
  }
  return to;
}

/** A token goes to its own host, and never unencrypted over a network. */
export function tokenFor(url: URL, tokens: HttpOptions['tokens'] = {}): string | undefined {
  const isPrivate =
    url.protocol === 'https:' || /^(localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname);
  return isPrivate && Object.hasOwn(tokens, url.host) ? tokens[url.host] : undefined;
}

interface Answering {
  readonly response: Response;
  readonly patience: Patience;
}

async function answerOf(
  url: URL,
  { start, end, version: expected }: RangeRequest,
  { response, patience }: Answering,
): Promise<RangeAnswer> {
  const name = nameOf(url);
  const { headers, status } = response;
  const range = rangeOf(headers.get('content-range'));
  if (status !== 200 && status !== 206 && !(status === 416 && range?.size === 0)) {
    await response.body?.cancel();
    throw refused(url, response);
  }
  const etag = headers.get('etag') ?? undefined;
  // With manual redirects this is the address that answered.
  const { host } = new URL(response.url);
  const isOther = expected?.host === host && expected.etag !== etag;
  if (isOther) {
    await response.body?.cancel();
    throw changed(name);
  }
  const coding = headers.get('content-encoding') ?? 'identity';
  if (coding !== 'identity') {
    await response.body?.cancel();
    throw new FormatError(name, `${url.host} sends it packed as ${coding.slice(0, 40)}`);
  }
  const modified = Date.parse(headers.get('last-modified') ?? '');
  const version = { host, etag };
  const told = { version, modifiedMs: Number.isNaN(modified) ? undefined : modified };
  if (status === 416) return { bytes: new Uint8Array(0), size: 0, isWhole: true, ...told };
  if (status === 200) {
    const declared = headers.get('content-length');
    if (declared !== null && Number(declared) > maxWholeBytes) {
      await response.body?.cancel();
      throw wholeOnly(url, `${declared} bytes`);
    }
    const bytes = await bodyOf(response, maxWholeBytes, patience);
    if (bytes === undefined) throw wholeOnly(url, `more than ${maxWholeBytes} bytes`);
    if (declared !== null && bytes.byteLength < Number(declared))
      throw cutShort(name, bytes, declared);
    return { bytes, size: bytes.byteLength, isWhole: true, ...told };
  }
  if (!range || range.start !== start || range.end !== Math.min(end, range.size)) {
    await response.body?.cancel();
    const shown = headers.get('content-range')?.slice(0, 80) ?? 'nothing';
    throw new FormatError(
      name,
      `${url.host} was asked for bytes ${start}-${end - 1} and says "${shown}"`,
    );
  }
  const length = range.end - range.start;
  const bytes = await bodyOf(response, length, patience);
  if (bytes === undefined) {
    throw new FormatError(name, `${url.host} sends more than the ${length} bytes that it says`);
  }
  if (bytes.byteLength < length) throw cutShort(name, bytes, length);
  return { bytes, size: range.size, isWhole: false, ...told };
}

/** `bytes 0-99/1234`, end exclusive; an asterisk stands for a range that is not there. */
function rangeOf(text: string | null): { start: number; end: number; size: number } | undefined {
  const match = /^bytes (?:(\d{1,15})-(\d{1,15})|\*)\/(\d{1,15})$/.exec(text?.trim() ?? '');
  if (!match) return undefined;
  const [, first = '0', last = '-1', size = '0'] = match;
  return { start: Number(first), end: Number(last) + 1, size: Number(size) };
}

/** All bytes of an answer; undefined as soon as there are more than allowed. */
async function bodyOf(
  { body }: Response,
  maxBytes: number,
  patience: Patience,
): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const stream: AsyncIterable<unknown> | null = body;
  // Leaving the loop cancels the stream.
  for await (const part of stream ?? []) {
    if (!(part instanceof Uint8Array)) break;
    patience.renew();
    length += part.byteLength;
    if (length > maxBytes) return undefined;
    parts.push(part);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

/** Ends a request that gets no byte for some time. */
class Patience {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly milliseconds: number) {
    this.renew();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  renew(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.controller.abort(), this.milliseconds);
  }

  end(): void {
    clearTimeout(this.timer);
  }
}

function refused(url: URL, { status, headers }: Response): FormatError | Passing {
  const name = nameOf(url);
  const says = `${url.host} answers ${status}`;
  if (status === 401 || status === 403) {
    return new FormatError(name, `${says}: it needs an access token, or another one`, {
      remedy: `Run "RegLens: Set Access Token…" for ${url.host}; on the command line set HF_TOKEN or REGLENS_TOKEN`,
    });
  }
  if (status === 404 || status === 410) return new FormatError(name, `${says}: it is not there`);
  if (status === 412) return changed(name);
  if (status === 416) return changed(name);
  if (status === 429 || status >= 500) {
    const remedy = 'Try again later';
    return new Passing(new FormatError(name, says, { remedy }), retryAfter(headers));
  }
  return new FormatError(name, `${says}, not 206 with the bytes asked for`);
}

/** Seconds or a date. */
function retryAfter(headers: Headers): number | undefined {
  const text = headers.get('retry-after');
  if (text === null) return undefined;
  const milliseconds = /^\d+$/.test(text) ? 1000 * Number(text) : Date.parse(text) - Date.now();
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : undefined;
}

function wholeOnly(url: URL, length: string): FormatError {
  return new FormatError(
    nameOf(url),
    `${url.host} sends no ranges: it would have to be downloaded whole, ${length}`,
    { remedy: 'Download the file and open it from disk' },
  );
}

function changed(name: string): FormatError {
  return new FormatError(name, 'has changed on the server since it was opened', {
    remedy: 'Reload it',
  });
}

function cutShort(name: string, { byteLength }: Uint8Array, expected: number | string): Passing {
  return new Passing(
    new FormatError(name, `the answer ends after ${byteLength} of ${expected} bytes`),
  );
}

/** What became of a request that got no answer. */
function lost(url: URL, error: unknown, { signal }: Patience): Error {
  const name = nameOf(url);
  if (signal.aborted)
    return new Passing(new FormatError(name, `${url.host} does not answer in time`));
  const code = codeOf(error);
  if (code === undefined)
    return new Passing(new FormatError(name, `the connection to ${url.host} broke`));
  const isAway = /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|EHOSTUNREACH)$/.test(code);
  const fault = new FormatError(
    name,
    isAway
      ? `${url.host} cannot be reached (${code})`
      : `the connection to ${url.host} broke (${code})`,
    { remedy: 'Check the network connection; RegLens uses no proxy' },
  );
  const isOver = isAway || /CERT|SSL|TLS|SELF_SIGNED/.test(code);
  return isOver ? fault : new Passing(fault);
}

/** Node wraps the reason of a failed fetch once or twice. */
function codeOf(error: unknown, depth = 0): string | undefined {
  if (!(error instanceof Error) || depth > 3) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return codeOf(error.errors[0], depth + 1);
  return codeOf(error.cause, depth + 1);
}
