import type { LayerRow } from '../src/protocol/layers';

/** A layer for tests: 8 × 4 numbers unless told otherwise. */
export function layer(
  index: number,
  name: string,
  metrics: Readonly<Record<string, number>> = {},
): LayerRow {
  return {
    index,
    name,
    role: 'matrix',
    tensor: `${name}.weight`,
    tensors: [`${name}.weight`],
    dtype: 'f32',
    shape: [8, 4],
    parameterCount: 32,
    view: [8, 4],
    blocks: 1,
    orientation: 'known',
    state: 'done',
    metrics,
    baselines: {},
    bounds: {},
    missing: [],
  };
}
