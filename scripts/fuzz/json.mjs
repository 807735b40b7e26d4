/** Changes inside JSON, so that what comes out is JSON still: alone in a file, or as the header of a safetensors file. */

/** @typedef {import('./random.mjs').Random} Random */

const values = [
  ...[
    null,
    true,
    0,
    -1,
    0.5,
    1e308,
    2 ** 31,
    2 ** 53,
    -(2 ** 63),
    '',
    'x',
    '../x',
    '\u0000',
    '\u202e',
  ],
  ...[[], {}, [[]], [null], [-1], [2 ** 40, 2 ** 40], ['float32'], { a: {} }],
];

/** @param {Random} random @param {Buffer} bytes @returns {Buffer | undefined} */
export function changeJson(random, bytes) {
  const value = parsed(bytes);
  return value === undefined ? undefined : Buffer.from(JSON.stringify(changed(random, value)));
}

/** @param {Random} random @param {Buffer} bytes @returns {Buffer | undefined} */
export function changeSafetensorsHeader(random, bytes) {
  if (bytes.length < 10 || bytes[8] !== 0x7b) return undefined;
  const length = bytes.readBigUInt64LE(0);
  if (length > BigInt(bytes.length - 8)) return undefined;
  const end = 8 + Number(length);
  const header = changeJson(random, bytes.subarray(8, end));
  if (header === undefined) return undefined;
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([prefix, header, bytes.subarray(end)]);
}

/** @param {Buffer} bytes */
function parsed(bytes) {
  if (bytes[0] !== 0x7b && bytes[0] !== 0x5b) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    // Not JSON: there is nothing to change in this way.
    return undefined;
  }
}

/** @param {Random} random @param {unknown} root */
function changed(random, root) {
  /** @type {[Record<string, unknown>, string][]} */
  const places = [];
  const pending = [root];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    const container = /** @type {Record<string, unknown>} */ (value);
    for (const key of Object.keys(container)) {
      places.push([container, key]);
      if (container[key] !== null) pending.push(container[key]);
    }
  }
  for (let left = 1 + random.small(3); left > 0 && places.length > 0; left--) {
    const [container, key] = random.pick(places);
    change(random, container, key, random.pick(places));
  }
  return root;
}

/**
 * @param {Random} random
 * @param {Record<string, unknown>} container
 * @param {string} key
 * @param {readonly [Record<string, unknown>, string]} elsewhere
 */
function change(random, container, key, [other, otherKey]) {
  const value = container[key];
  switch (random.below(6)) {
    case 0:
      delete container[key];
      return;
    case 1:
      container[key] = structuredClone(other[otherKey]) ?? null;
      return;
    case 2:
      container[random.pick(['__proto__x', 'constructor', '', otherKey])] = value;
      return;
    case 3:
      if (typeof value === 'number') container[key] = value + random.pick([-1, 1, 0.5, 2 ** 32]);
      else container[key] = [value, value];
      return;
    default:
      container[key] = random.pick(values);
  }
}
