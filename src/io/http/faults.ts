import { nameOf } from '../../core/address';
import { FormatError } from '../../core/errors';

/** A fault that may be gone at the next try. */
export class Passing extends Error {
  constructor(
    readonly fault: FormatError,
    readonly retryAfterMs?: number,
  ) {
    super(fault.message);
  }
}

/** Of a status that brings no bytes. */
export function refused(url: URL, { status, headers }: Response): FormatError | Passing {
  const name = nameOf(url);
  const says = `${url.host} answers ${status}`;
  if (status === 401 || status === 403) {
    return new FormatError(name, `${says}: it needs an access token, or another one`, {
      remedy: `Run "RegLens: Set Access Token…" for ${url.host}; on the command line set HF_TOKEN or REGLENS_TOKEN`,
    });
  }
  if (status === 404 || status === 410) return new FormatError(name, `${says}: it is not there`);
  if (status === 412 || status === 416) return changed(name);
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

/** Of a server that sends no part of a file, and the file is too long to be sent whole. */
export function wholeOnly(url: URL, length: string): FormatError {
  return new FormatError(
    nameOf(url),
    `${url.host} sends no ranges: it would have to be downloaded whole, ${length}`,
    { remedy: 'Download the file and open it from disk' },
  );
}

/** Of a file that is another one than at the first request. */
export function changed(name: string): FormatError {
  return new FormatError(name, 'has changed on the server since it was opened', {
    remedy: 'Reload it',
  });
}

/** Of an answer that ends early. */
export function cutShort(
  name: string,
  { byteLength }: Uint8Array,
  expected: number | string,
): Passing {
  return new Passing(
    new FormatError(name, `the answer ends after ${byteLength} of ${expected} bytes`),
  );
}

/** Of a request that got no answer, because it was given up or for the reason in `error`. */
export function lost(url: URL, error: unknown, isGivenUp: boolean): FormatError | Passing {
  const name = nameOf(url);
  if (isGivenUp) return new Passing(new FormatError(name, `${url.host} does not answer in time`));
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
