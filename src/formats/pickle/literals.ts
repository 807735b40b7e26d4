import type { PickleInput } from './input';
import type { NestedPickles } from './nested';
import { floatFrom, intFrom, stringFrom, unicodeFrom } from './protocol0';
import type { PickleStack } from './stack';

/** What opcodes read from, and put their values on. */
export interface LiteralPlace {
  readonly input: PickleInput;
  readonly stack: PickleStack;
  readonly nested: NestedPickles;
}

/** Runs an opcode whose value stands behind it: None, booleans, numbers, text and bytes; false where it is none of these. */
export function pushLiteral(code: number, place: LiteralPlace): boolean {
  const { input, stack } = place;
  switch (code) {
    // None and booleans
    case 0x4e: // NONE
      stack.push(null);
      return true;
    case 0x88: // NEWTRUE
      stack.push(true);
      return true;
    case 0x89: // NEWFALSE
      stack.push(false);
      return true;
    // Numbers
    case 0x4b: // BININT1
      stack.push(input.u8());
      return true;
    case 0x4d: // BININT2
      stack.push(input.u16());
      return true;
    case 0x4a: // BININT
      stack.push(input.i32());
      return true;
    case 0x47: // BINFLOAT
      stack.push(input.f64());
      return true;
    case 0x8a: // LONG1
      stack.push(input.long(input.u8()), 64);
      return true;
    case 0x8b: // LONG4
      stack.push(input.long(input.i32()), 1024);
      return true;
    case 0x49: // INT
      stack.push(intFrom(input));
      return true;
    case 0x4c: // LONG
      stack.push(input.decimal(input.line()), 64);
      return true;
    case 0x46: // FLOAT
      stack.push(floatFrom(input));
      return true;
    // Text and bytes
    case 0x8c: // SHORT_BINUNICODE
      pushText(stack, input.text(input.u8()));
      return true;
    case 0x58: // BINUNICODE
      pushText(stack, input.text(input.u32()));
      return true;
    case 0x8d: // BINUNICODE8
      pushText(stack, input.text(input.u64()));
      return true;
    case 0x56: // UNICODE
      pushText(stack, unicodeFrom(input));
      return true;
    case 0x55: // SHORT_BINSTRING
      pushText(stack, input.latin1Text(input.u8()));
      return true;
    case 0x54: // BINSTRING
      pushText(stack, input.latin1Text(input.i32()));
      return true;
    case 0x53: // STRING
      pushText(stack, stringFrom(input));
      return true;
    case 0x43: // SHORT_BINBYTES
      pushBytes(place, input.take(input.u8()));
      return true;
    case 0x42: // BINBYTES
      pushBytes(place, input.take(input.u32()));
      return true;
    case 0x8e: // BINBYTES8
    case 0x96: // BYTEARRAY8
      pushBytes(place, input.take(input.u64()));
      return true;
    default:
      return false;
  }
}

function pushText(stack: PickleStack, text: string): void {
  stack.push(text, 48 + text.length);
}

function pushBytes({ input, stack, nested }: LiteralPlace, bytes: Uint8Array): void {
  stack.push(bytes.slice(), 160 + bytes.byteLength);
  nested.note(bytes, input.offset - bytes.byteLength);
}
