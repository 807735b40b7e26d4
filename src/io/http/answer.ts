import { nameOf } from '../../core/address';
import { FormatError } from '../../core/errors';
import { changed, cutShort, refused, wholeOnly } from './faults';
import type { Patience } from './patience';
import type { RangeAnswer, RangeRequest } from './range';

/** A server that sends a file whole, because it cannot send a part, may do so up to here. */
const maxWholeBytes = 16 * 2 ** 20;

interface Answering {
  readonly response: Response;
  readonly patience: Patience;
}

/** What the server says of the range, held against what was asked for, and its bytes. */
export async function answerOf(
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
