import type { CheckpointFiles } from '../../core/byteSource';
import type { Notice, Skipped } from '../../core/checkpoint';
import { FormatError } from '../../core/errors';
import type { ModuleInfo, Tensor } from '../../core/tensor';
import { encodingOf, type Encoding } from './encoding';
import { tfjsFormat, type WeightEntry, type WeightGroup } from './manifest';
import { ShardedBytes } from './shards';

/** Strings of one weight that are walked to find where the next weight begins (vocabularies; 4 bytes of length each). */
const maxStrings = 100_000;

export interface GroupTensors {
  readonly tensors: readonly Tensor[];
  readonly skipped: readonly Skipped[];
  readonly notices: readonly Notice[];
}

/** The weights of one group: offsets are the running sum of stored sizes, across the borders of shards. */
export async function readGroupTensors(
  files: CheckpointFiles,
  group: WeightGroup,
  moduleOf: (weight: WeightEntry) => ModuleInfo | undefined,
): Promise<GroupTensors> {
  const encodings = group.weights.map(encodingOf);
  const needed = bytesNeeded(group.weights, encodings);
  const bytes = await ShardedBytes.open(files, group.paths, needed);
  const tensors: Tensor[] = [];
  const skipped: Skipped[] = [];
  let offset: number | undefined = 0;
  for (const [i, weight] of group.weights.entries()) {
    const encoding = encodings[i];
    if (encoding === undefined) continue;
    if (offset === undefined) {
      skipped.push({ name: weight.name, reason: 'lies behind a weight of unknown length' });
      continue;
    }
    const end = await endOf(weight, encoding, bytes, offset);
    const lack = end === undefined ? undefined : bytes.lack(offset, end);
    const reason = encoding.kind === 'unreadable' ? encoding.reason : lack;
    if (reason !== undefined) skipped.push({ name: weight.name, reason });
    else if (encoding.kind === 'readable') {
      tensors.push(toTensor(weight, encoding, { bytes, offset, module: moduleOf(weight) }));
    }
    offset = end;
  }
  return { tensors, skipped, notices: noticesOf(bytes, needed) };
}

function bytesNeeded(
  weights: readonly WeightEntry[],
  encodings: readonly Encoding[],
): number | undefined {
  let sum: number | undefined = 0;
  for (const [i, weight] of weights.entries()) {
    const size: number | undefined = encodings[i]?.storedByteSize;
    sum = sum === undefined || size === undefined ? undefined : sum + weight.elementCount * size;
  }
  return sum;
}

async function endOf(
  weight: WeightEntry,
  encoding: Encoding,
  bytes: ShardedBytes,
  offset: number,
): Promise<number | undefined> {
  if (encoding.storedByteSize !== undefined) {
    return offset + weight.elementCount * encoding.storedByteSize;
  }
  if (weight.dtype !== 'string' || weight.quantization || weight.elementCount > maxStrings) {
    return undefined;
  }
  // Each string is stored as its length (4 bytes, little-endian) and its bytes.
  let at = offset;
  for (let i = 0; i < weight.elementCount; i++) {
    if (bytes.lack(at, at + 4) !== undefined) return undefined;
    const head = await bytes.read(at, at + 4);
    at += 4 + new DataView(head.buffer, head.byteOffset, 4).getUint32(0, true);
  }
  return at;
}

function toTensor(
  weight: WeightEntry,
  encoding: Extract<Encoding, { kind: 'readable' }>,
  place: { bytes: ShardedBytes; offset: number; module: ModuleInfo | undefined },
): Tensor {
  const { storedByteSize, decode, dtype, quantization } = encoding;
  const { bytes, offset, module } = place;
  return {
    name: weight.name,
    dtype,
    shape: weight.shape,
    ...(quantization && { quantization }),
    ...(module && { module }),
    ...(weight.group === 'optimizer' && { role: 'optimizer' as const }),
    data: {
      async read(start, end) {
        if (!(start >= 0 && start <= end && end <= weight.elementCount)) {
          throw new FormatError(
            tfjsFormat,
            `"${weight.name}": elements ${start} to ${end} of ${weight.elementCount} asked for`,
          );
        }
        return decode(
          await bytes.read(offset + start * storedByteSize, offset + end * storedByteSize),
        );
      },
    },
  };
}

function noticesOf(bytes: ShardedBytes, needed: number | undefined): readonly Notice[] {
  const { missing, byteLength } = bytes;
  if (missing.length > 0) {
    const shown = missing.slice(0, 5).join(', ');
    const message = `${missing.length} weight files are missing: ${shown}${missing.length > 5 ? ', …' : ''}`;
    return [{ severity: 'problem', message }];
  }
  if (needed === undefined || needed === byteLength) return [];
  const message = `The weight files have ${byteLength} bytes, the manifest needs ${needed}`;
  return [{ severity: needed > byteLength ? 'problem' : 'warn', message }];
}
