import type { Json } from '../../core/json';
import type { Tensor, TensorData } from '../../core/tensor';
import { elementCountOf } from '../../core/tensor';
import { FormatError } from '../../core/errors';
import type { PanelCache } from './panels';
import type { RecentValues } from './recentValues';

/** What a scheme may look at. */
export interface Sources {
  get(name: string): Tensor | undefined;
  readonly values: RecentValues;
  readonly panels: PanelCache;
  /** `quantization_config` of the model's config.json, if there is one. */
  readonly config: Json | undefined;
}

/** A weight that several stored tensors make up. */
export interface Group {
  /** Scales, zero points and the like: listed, not measured. */
  readonly companions: readonly Tensor[];
  /** The weight, or why its codes cannot be decoded. */
  readonly weight: Decoded | string;
}

export type Decoded = Pick<Tensor, 'name' | 'shape' | 'data' | 'module' | 'role'> & {
  readonly quantization: NonNullable<Tensor['quantization']>;
};

/** Whether a tensor is the codes of a weight in one way of quantising, and what they stand for. */
export type Scheme = (codes: Tensor, sources: Sources) => Promise<Group | undefined>;

/** Elements of a weight of which ranges are decoded into f32. */
export function decodedData(
  name: string,
  shape: readonly number[],
  decode: (start: number, end: number) => Promise<Float32Array>,
): TensorData {
  const elementCount = elementCountOf(shape);
  return {
    async read(start, end) {
      if (!(start >= 0 && start <= end && end <= elementCount)) {
        const reason = `elements ${start} to ${end} of "${name}" asked for, there are ${elementCount}`;
        throw new FormatError('quantised weight', reason);
      }
      if (start === end) return new Uint8Array(0);
      return new Uint8Array((await decode(start, end)).buffer);
    },
  };
}

/** `model.layers.0.q_proj` of `model.layers.0.q_proj.qweight`; undefined for another ending. */
export function without(ending: string, name: string): string | undefined {
  return name.endsWith(ending) ? name.slice(0, -ending.length) : undefined;
}

/** Those tensors that are there. */
export function present(...tensors: readonly (Tensor | undefined)[]): Tensor[] {
  return tensors.filter((tensor) => tensor !== undefined);
}

export function shapeText({ shape }: Tensor): string {
  return `[${shape.join(', ')}]`;
}
