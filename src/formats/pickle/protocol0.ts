/** Values that protocol 0 writes as a line of text. */
import type { PickleInput } from './input';

const specialFloats: ReadonlyMap<string, number> = new Map([
  ['inf', Infinity],
  ['-inf', -Infinity],
  ['nan', NaN],
]);

/** INT writes booleans as 00 and 01. */
export function intFrom(input: PickleInput): number | bigint | boolean {
  const text = input.line();
  return text === '00' || text === '01' ? text === '01' : input.decimal(text);
}

export function floatFrom(input: PickleInput): number {
  const text = input.line();
  const special = specialFloats.get(text);
  if (special !== undefined) return special;
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) {
    throw input.fault(`"${text.slice(0, 40)}" is no number`);
  }
  return value;
}

/** STRING is a Python literal. Escapes are undone as far as names use them. */
export function stringFrom(input: PickleInput): string {
  const text = input.line();
  const quote = text.charAt(0);
  if (text.length < 2 || (quote !== "'" && quote !== '"') || !text.endsWith(quote)) {
    throw input.fault('a text without quotes');
  }
  return text.slice(1, -1).replace(/\\(x[0-9a-fA-F]{2}|[^])/g, (_, escape: string) => {
    if (escape.length === 3) return String.fromCharCode(parseInt(escape.slice(1), 16));
    return { n: '\n', t: '\t', r: '\r' }[escape] ?? escape;
  });
}

/** UNICODE escapes what is not Latin-1. */
export function unicodeFrom(input: PickleInput): string {
  const escapes = /\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g;
  return input.line().replace(escapes, (whole: string) => {
    const code = parseInt(whole.slice(2), 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
