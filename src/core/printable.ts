/** Names come from the file: control characters, line separators and bidirectional overrides would draw over the terminal or break a line. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}
