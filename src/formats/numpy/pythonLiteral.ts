import { FormatError } from '../../core/errors';

/** A Python literal as a value. Tuples and lists are arrays; nothing is ever evaluated. */
export type PythonLiteral =
  string | number | boolean | null | readonly PythonLiteral[] | ReadonlyMap<string, PythonLiteral>;

/** NumPy writes two levels (a dict of tuples); nested structured types need a few more. */
const maxDepth = 32;

/**
 * Parses the literal of an `.npy` header: dict, tuple, list, string, integer, True, False, None.
 *
 * Tolerant as the writers are different: any whitespace, trailing commas, `3L` of Python 2, both kinds of quotes.
 */
export function parsePythonLiteral(text: string, format: string): PythonLiteral {
  const parser = new LiteralParser(text, format);
  const value = parser.value(0);
  parser.end();
  return value;
}

class LiteralParser {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly format: string,
  ) {}

  value(depth: number): PythonLiteral {
    if (depth > maxDepth) throw this.fault(`nests deeper than ${maxDepth} levels`);
    switch (this.peek()) {
      case '{':
        return this.dict(depth);
      case '(':
        return this.sequence(')', depth);
      case '[':
        return this.sequence(']', depth);
      case "'":
      case '"':
        return this.string();
      default:
        return this.word();
    }
  }

  end(): void {
    if (this.peek() !== '') throw this.fault(`has text after its end`);
  }

  private dict(depth: number): ReadonlyMap<string, PythonLiteral> {
    const entries = new Map<string, PythonLiteral>();
    this.at++;
    while (this.peek() !== '}') {
      const key = this.value(depth + 1);
      if (typeof key !== 'string') throw this.fault('has a key that is no string');
      this.expect(':');
      entries.set(key, this.value(depth + 1));
      if (this.peek() !== '}') this.expect(',');
    }
    this.at++;
    return entries;
  }

  /** `(3)` in parentheses without a comma is a number to Python; a shape written so is taken as one dimension. */
  private sequence(close: ')' | ']', depth: number): readonly PythonLiteral[] {
    const items: PythonLiteral[] = [];
    this.at++;
    while (this.peek() !== close) {
      items.push(this.value(depth + 1));
      if (this.peek() !== close) this.expect(',');
    }
    this.at++;
    return items;
  }

  private string(): string {
    const quote = this.peek();
    let result = '';
    for (this.at++; this.text[this.at] !== quote; this.at++) {
      if (this.text[this.at] === '\\') this.at++;
      const character = this.text[this.at];
      if (character === undefined) throw this.fault('has a string without an end');
      result += character;
    }
    this.at++;
    return result;
  }

  private word(): PythonLiteral {
    const match = /^[A-Za-z0-9_.+-]+/.exec(this.text.slice(this.at, this.at + 64));
    if (match === null) throw this.fault(`is not a Python literal`);
    const word = match[0];
    this.at += word.length;
    switch (word) {
      case 'True':
        return true;
      case 'False':
        return false;
      case 'None':
        return null;
    }
    if (!/^[+-]?\d+L?$/.test(word)) throw this.fault(`has "${word}", which is no literal`);
    return Number(word.replace(/L$/, ''));
  }

  private expect(character: string): void {
    if (this.peek() !== character) throw this.fault(`lacks a "${character}"`);
    this.at++;
  }

  /** The next character that is not white space; '' at the end. */
  private peek(): string {
    while (/\s/.test(this.text[this.at] ?? '')) this.at++;
    return this.text[this.at] ?? '';
  }

  private fault(reason: string): FormatError {
    return new FormatError(this.format, `header ${reason} (character ${this.at})`);
  }
}
