/**
 * How zeros lie, from a bitmap with rows of `stride` 64-bit words. To `results`, as doubles: satisfied groups 1:4, 2:4, 4:8 and 8:16
 * along columns, the same along `channels` (0 for none), zeros in full blocks 1×4, 1×8, 4×4, 8×8, 16×16, 32×32, 64×64, and the
 * longest run along a row. Bits beyond the columns are 0.
 */
export function zeroStructure(bitmap: usize, rows: i32, columns: i32, stride: i32, channels: i32, results: usize): void {
  const rowBytes = <usize>stride << 3;
  memory.fill(results, 0, 128);
  for (let row = 0; row < rows; row++) {
    const line = bitmap + <usize>row * rowBytes;
    columnGroups(line, columns, results);
    if (channels > 0) channelGroups(line, columns, channels, results + 32);
    runs(line, stride, results + 120);
  }
  blocks(bitmap, rows, stride, 1, 4, results + 64);
  blocks(bitmap, rows, stride, 1, 8, results + 72);
  blocks(bitmap, rows, stride, 4, 4, results + 80);
  blocks(bitmap, rows, stride, 8, 8, results + 88);
  blocks(bitmap, rows, stride, 16, 16, results + 96);
  blocks(bitmap, rows, stride, 32, 32, results + 104);
  blocks(bitmap, rows, stride, 64, 64, results + 112);
}

// @ts-ignore: decorator
@inline
function add(at: usize, count: u64): void {
  store<f64>(at, load<f64>(at) + <f64>count);
}

/** Bits of whole groups among the first `valid` of a word. */
// @ts-ignore: decorator
@inline
function wholeGroups(bits: u64, valid: i32, size: i32): u64 {
  const kept = valid & ~(size - 1);
  return kept >= 64 ? bits : bits & ((<u64>1 << kept) - 1);
}

/** Groups of 4, 8 and 16 in a word of which `valid` bits count. */
function addGroups(word: u64, valid: i32, results: usize): void {
  const fours = nibbles(wholeGroups(word, valid, 4));
  add(results, popcnt<u64>((fours + 0x5555555555555555) & 0x8888888888888888));
  add(results + 8, popcnt<u64>((fours + 0x6666666666666666) & 0x8888888888888888));
  const eights = bytes(nibbles(wholeGroups(word, valid, 8)));
  add(results + 16, popcnt<u64>((eights + 0x0c0c0c0c0c0c0c0c) & 0x1010101010101010));
  const each = bytes(nibbles(wholeGroups(word, valid, 16)));
  const sixteens = (each + (each >>> 8)) & 0x00ff00ff00ff00ff;
  add(results + 24, popcnt<u64>((sixteens + 0x0008000800080008) & 0x0010001000100010));
}

/** How many bits are set in each four. */
// @ts-ignore: decorator
@inline
function nibbles(bits: u64): u64 {
  const pairs = bits - ((bits >>> 1) & 0x5555555555555555);
  return (pairs & 0x3333333333333333) + ((pairs >>> 2) & 0x3333333333333333);
}

// @ts-ignore: decorator
@inline
function bytes(fours: u64): u64 {
  return (fours + (fours >>> 4)) & 0x0f0f0f0f0f0f0f0f;
}

function columnGroups(line: usize, columns: i32, results: usize): void {
  for (let at = 0; at < columns; at += 64, line += 8) {
    const word = load<u64>(line);
    if (word !== 0) addGroups(word, columns - at, results);
  }
}

/** Groups along the slowest of the column axes, with the others held. */
function channelGroups(line: usize, columns: i32, channels: i32, results: usize): void {
  const positions = columns / channels;
  for (let position = 0; position < positions; position++) {
    for (let channel = 0; channel < channels; channel += 64) {
      const valid = min(64, channels - channel);
      let word: u64 = 0;
      let column = channel * positions + position;
      for (let i = 0; i < valid; i++, column += positions) {
        const bit = (load<u8>(line + (column >>> 3)) >>> (<u8>column & 7)) & 1;
        word |= <u64>bit << i;
      }
      if (word !== 0) addGroups(word, valid, results);
    }
  }
}

function runs(line: usize, stride: i32, result: usize): void {
  let longest = <i32>load<f64>(result);
  let run = 0;
  for (let i = 0; i < stride; i++, line += 8) {
    const word = load<u64>(line);
    if (word === ~(<u64>0)) {
      run += 64;
      longest = max(longest, run);
      continue;
    }
    longest = max(longest, run + <i32>ctz<u64>(~word));
    let length = 0;
    for (let rest = word; rest !== 0; rest &= rest << 1) length++;
    longest = max(longest, length);
    run = <i32>clz<u64>(~word);
  }
  store<f64>(result, longest);
}

function blocks(bitmap: usize, rows: i32, stride: i32, height: i32, width: i32, result: usize): void {
  const rowBytes = <usize>stride << 3;
  let full: u64 = 0;
  for (let top = 0; top + height <= rows; top += height) {
    const first = bitmap + <usize>top * rowBytes;
    for (let i: usize = 0; i < rowBytes; i += 8) {
      let bits = load<u64>(first + i);
      for (let row = 1; bits !== 0 && row < height; row++) bits &= load<u64>(first + <usize>row * rowBytes + i);
      if (bits !== 0) full += fullGroups(bits, width);
    }
  }
  store<f64>(result, <f64>full * <f64>(height * width));
}

/** Aligned groups of `width` bits that are all set. */
function fullGroups(bits: u64, width: i32): u64 {
  bits &= bits >>> 1;
  bits &= bits >>> 2;
  if (width === 4) return popcnt<u64>(bits & 0x1111111111111111);
  bits &= bits >>> 4;
  if (width === 8) return popcnt<u64>(bits & 0x0101010101010101);
  bits &= bits >>> 8;
  if (width === 16) return popcnt<u64>(bits & 0x0001000100010001);
  bits &= bits >>> 16;
  if (width === 32) return popcnt<u64>(bits & 0x0000000100000001);
  return <u64>(bits & (bits >>> 32) & 1);
}
