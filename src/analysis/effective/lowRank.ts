import { isJsonObject, property, type Json } from '../../core/json';
import { elementCountOf, type Tensor } from '../../core/tensor';
import { computedDtype, type Combination, type Kind, type Sources } from './combination';
import { axisOf, readRange } from './elements';
import { magnitudeFactors, magnitudeOf } from './magnitude';
import { transposed } from './squareMatrix';

/**
 * Low-rank adapters: ΔW = s · B · A, s = α/r (α/√r with rank stabilisation). Where the weight that it is added to is in the same
 * file and s is recorded: W + ΔW, with DoRA brought to its magnitude; otherwise ΔW is a weight of its own, as A and B alone say nothing.
 *
 *     q_proj.lora_A.weight, .lora_B.weight (also .lora_A.default.weight), adapter_config.json      PEFT
 *     q_proj.base_layer.weight                                                                     PEFT, the whole model
 *     q_proj.lora_down.weight, .lora_up.weight, .alpha                                             kohya
 *     embed.lora_embedding_A (r, V), .lora_embedding_B (d, r)                                      PEFT, transposed
 *
 * @see Hu et al., ICLR 2022; Kalajdzievski 2023 for √r
 */
export const lowRank: Kind = (up, sources) => {
  const names = adapterOf(up.name);
  const down = names && sources.get(names.down);
  if (!names || !down) return undefined;
  const [rank] = down.shape;
  if (rank === undefined || rank === 0 || !isProduct(up, down, rank)) return undefined;
  const scale = scaleOf(names.module, rank, sources);
  const [outputs = 0] = up.shape;
  const inputs = elementCountOf(down.shape) / rank;
  const straight = names.isEmbedding ? [inputs, outputs] : [outputs, ...down.shape.slice(1)];
  const base = baseOf(names.module, sources);
  const magnitude = magnitudeOf(names.module, names.adapter, outputs, sources);
  const isOther = sources.adapterCountAt(names.module) > 1 || magnitude?.isUsable === false;
  const isAdded = base !== undefined && scale.isKnown && !isOther;
  const isStoredTurned =
    property(sources.recorded['adapter_config.json'], 'fan_in_fan_out') === true;
  const isTurned = isAdded && (isStoredTurned || String(base.shape) !== String(straight));
  if (isTurned && String(base.shape) !== String([inputs, outputs])) return undefined;
  const isTransposed = names.isEmbedding !== isTurned;
  const shape = isTurned ? base.shape : straight;
  const columns = isTransposed ? outputs : inputs;
  const [leftKey, rightKey] = [{}, {}];
  const factors = async (): Promise<Factors> => {
    const [first, second] = isTransposed ? [down, up] : [up, down];
    const turn = async (tensor: Tensor): Promise<Float64Array> => {
      const values = await sources.kept.all(tensor);
      const rows = tensor === down ? rank : outputs;
      return isTransposed ? transposed(values, rows, values.length / rows) : values;
    };
    const left = await sources.kept.of(leftKey, async () => {
      const values = await turn(first);
      const factor = await scale.value();
      return values.map((value) => factor * value);
    });
    return { left, right: await sources.kept.of(rightKey, () => turn(second)), rank, columns };
  };
  const added = isAdded ? base : undefined;
  const gain = added && magnitude?.tensor;
  const axis = axisOf(shape, isTransposed ? 1 : 0);
  const gainKey = {};
  const gainFactors = async (weight: Tensor, values: Tensor): Promise<Float64Array> => {
    const found = await factors();
    const change = (start: number, end: number): Float64Array => productRange(found, start, end);
    return await sources.kept.of(gainKey, async () =>
      magnitudeFactors(weight, change, axis, await sources.kept.all(values)),
    );
  };
  const product = `${scale.formula}B·A`;
  const how = gain
    ? `DoRA: m · (W + ${product})/‖W + ${product}‖, ${scale.text}`
    : `LoRA: ${added ? 'W + ' : ''}${product}, ${scale.text}${magnitude ? '; the magnitude of DoRA is left out' : ''}`;
  return {
    replaces: added ?? up,
    name: added ? `${names.module}.weight` : `${names.module}.lora_delta${names.adapter}`,
    shape,
    dtype: computedDtype(up, down, ...(added ? [added] : []), ...(gain ? [gain] : [])),
    parts: [...(added ? [added] : []), up, down, ...(gain ? [gain] : [])],
    trained: [...(added ? [added] : []), up, down, ...(gain ? [gain] : [])],
    how,
    compute: async (start, end) => {
      const out = productRange(await factors(), start, end);
      if (!added) return out;
      const values = await readRange(added, start, end);
      for (let i = 0; i < out.length; i++) out[i]! += values[i]!;
      if (!gain) return out;
      const gains = await gainFactors(added, gain);
      for (let i = 0; i < out.length; i++) {
        out[i]! *= gains[Math.floor((start + i) / axis.stride) % axis.size]!;
      }
      return out;
    },
  } satisfies Combination;
};

interface AdapterNames {
  readonly module: string;
  readonly down: string;
  /** `.default` where adapters are told apart by their names. */
  readonly adapter: string;
  readonly isEmbedding: boolean;
}

const partners: Readonly<Record<string, string>> = {
  lora_B: 'lora_A',
  lora_b: 'lora_a',
  lora_up: 'lora_down',
  'lora.up': 'lora.down',
  lora_embedding_B: 'lora_embedding_A',
};

function adapterOf(name: string): AdapterNames | undefined {
  const found =
    /^(.+)\.(lora_B|lora_b|lora_up|lora\.up|lora_embedding_B)((?:\.[^.]+)?(?:\.weight)?)$/.exec(
      name,
    );
  const [, module, kind, tail = ''] = found ?? [];
  const partner = kind === undefined ? undefined : partners[kind];
  if (module === undefined || partner === undefined) return undefined;
  const adapter = tail.replace(/\.weight$/, '');
  const isEmbedding = kind === 'lora_embedding_B';
  return { module, down: `${module}.${partner}${tail}`, adapter, isEmbedding };
}

/** B (out, r, 1 …) and A (r, in, …): of a convolution the kernel lies in A. */
function isProduct(up: Tensor, down: Tensor, rank: number): boolean {
  if (up.shape.length < 2 || down.shape.length < 2) return false;
  return elementCountOf(up.shape) === (up.shape[0] ?? 0) * rank && down.shape[0] === rank;
}

function baseOf(module: string, sources: Sources): Tensor | undefined {
  return sources.get(`${module}.base_layer.weight`) ?? sources.get(`${module}.weight`);
}

interface Scale {
  readonly isKnown: boolean;
  readonly formula: string;
  readonly text: string;
  value(): Promise<number>;
}

function scaleOf(module: string, rank: number, sources: Sources): Scale {
  const alpha = sources.get(`${module}.alpha`);
  if (alpha && elementCountOf(alpha.shape) === 1) {
    const value = async (): Promise<number> => ((await sources.kept.all(alpha))[0] ?? NaN) / rank;
    return { isKnown: true, formula: '(α/r)·', text: `r ${rank}, α as stored`, value };
  }
  const config = sources.recorded['adapter_config.json'];
  const declared = declaredAlpha(module, config);
  if (declared === undefined) {
    const value = (): Promise<number> => Promise.resolve(1);
    return { isKnown: false, formula: '', text: `r ${rank}, α not recorded: scale 1`, value };
  }
  const isStable = property(config, 'use_rslora') === true;
  const scale = declared / (isStable ? Math.sqrt(rank) : rank);
  return {
    isKnown: true,
    formula: isStable ? '(α/√r)·' : '(α/r)·',
    text: `r ${rank}, α ${declared}`,
    value: () => Promise.resolve(scale),
  };
}

/** `lora_alpha`, or what `alpha_pattern` says of a module by the end of its name. A pattern that is no plain name is not followed. */
function declaredAlpha(module: string, config: Json | undefined): number | undefined {
  const alpha = property(config, 'lora_alpha');
  const patterns = property(config, 'alpha_pattern');
  if (isJsonObject(patterns)) {
    for (const [name, value] of Object.entries(patterns)) {
      if (!/^[\w.]+$/.test(name)) return undefined;
      const applies = module === name || module.endsWith(`.${name}`);
      if (applies && typeof value === 'number') return value;
    }
  }
  return typeof alpha === 'number' ? alpha : undefined;
}

interface Factors {
  readonly left: Float64Array;
  readonly right: Float64Array;
  readonly rank: number;
  readonly columns: number;
}

/** Elements [start, end) of L · R. */
function productRange(
  { left, right, rank, columns }: Factors,
  start: number,
  end: number,
): Float64Array {
  const out = new Float64Array(end - start);
  for (let at = start; at < end;) {
    const row = Math.floor(at / columns);
    const first = at - row * columns;
    const length = Math.min(end - at, columns - first);
    const target = out.subarray(at - start, at - start + length);
    for (let t = 0; t < rank; t++) {
      const factor = left[row * rank + t]!;
      if (factor === 0) continue;
      const from = t * columns + first;
      for (let i = 0; i < length; i++) target[i]! += factor * right[from + i]!;
    }
    at += length;
  }
  return out;
}
