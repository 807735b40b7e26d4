/** The one stretch in which two texts differ: what stands before and behind it is the same in both. */
export interface TextChange {
  readonly start: number;
  readonly oldEnd: number;
  readonly newEnd: number;
}

/** Undefined where the texts are equal. Never parts the halves of a character outside of the basic plane. */
export function changeBetween(before: string, after: string): TextChange | undefined {
  if (before === after) return undefined;
  const shorter = Math.min(before.length, after.length);
  let start = equalChunks(shorter, (from, to) => before.slice(from, to) === after.slice(from, to));
  while (start < shorter && before.charCodeAt(start) === after.charCodeAt(start)) start++;
  if (isHighSurrogate(before.charCodeAt(start - 1))) start--;

  const rest = shorter - start;
  const behind = (text: string, from: number, to: number): string =>
    text.slice(text.length - to, text.length - from);
  let common = equalChunks(
    rest,
    (from, to) => behind(before, from, to) === behind(after, from, to),
  );
  while (
    common < rest &&
    before.charCodeAt(before.length - common - 1) === after.charCodeAt(after.length - common - 1)
  ) {
    common++;
  }
  if (isLowSurrogate(before.charCodeAt(before.length - common))) common--;
  return { start, oldEnd: before.length - common, newEnd: after.length - common };
}

/** Units that are compared at once: several times as fast as one by one. */
const chunkLength = 1024;

/** How far whole chunks are equal. */
function equalChunks(length: number, isEqual: (from: number, to: number) => boolean): number {
  let at = 0;
  while (at + chunkLength <= length && isEqual(at, at + chunkLength)) at += chunkLength;
  return at;
}

/** Line and column of an offset, from 0. */
export function pointAt(text: string, offset: number): { row: number; column: number } {
  let row = 0;
  let lineStart = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
    row++;
    lineStart = at + 1;
  }
  return { row, column: offset - lineStart };
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}
