import type { TensorReport } from '../../src/core/report';
import type { LayerRow } from '../../src/protocol/layers';
import type { Overview } from '../../src/protocol/viewApi';
import { rowOf, type LayerShape } from './layerRows';
import { randomFrom } from './random';

/** A checkpoint as the host would report it: seeded, so that every run and every picture is the same. */
export interface Checkpoint {
  readonly fileName: string;
  readonly overview: Overview;
  readonly rows: readonly LayerRow[];
  readonly tensors: readonly TensorReport[];
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

/** Three layers whose properties the tests know by heart. */
export function smallCheckpoint(): Checkpoint {
  return checkpointOf('digits-l1.safetensors', [
    {
      name: 'features.conv1',
      view: [32, 9],
      shape: [32, 1, 3, 3],
      role: 'conv',
      type: 'Conv2d',
      strength: 0,
    },
    {
      name: 'classifier.fc1',
      view: [128, 1024],
      shape: [128, 1024],
      role: 'matrix',
      type: 'Linear',
      strength: 1,
    },
    {
      name: 'classifier.fc2',
      view: [10, 128],
      shape: [10, 128],
      role: 'matrix',
      type: 'Linear',
      strength: 0.4,
    },
  ]);
}

/** A transformer of `count` layers. */
export function largeCheckpoint(count: number): Checkpoint {
  const parts: readonly (readonly [string, readonly [number, number]])[] = [
    ['self_attn.q_proj', [512, 512]],
    ['self_attn.k_proj', [128, 512]],
    ['self_attn.v_proj', [128, 512]],
    ['self_attn.o_proj', [512, 512]],
    ['mlp.gate_proj', [1376, 512]],
    ['mlp.down_proj', [512, 1376]],
  ];
  const random = randomFrom(7);
  const layers = Array.from({ length: count }, (_, index): LayerShape => {
    const [part = '', view = [1, 1] as const] = parts[index % parts.length] ?? [];
    const name = `model.layers.${Math.floor(index / parts.length)}.${part}`;
    return { name, view, shape: view, role: 'matrix', type: 'Linear', strength: random() ** 4 };
  });
  return checkpointOf('llama-pruned.safetensors', layers);
}

function checkpointOf(fileName: string, shapes: readonly LayerShape[]): Checkpoint {
  const rows = shapes.map((shape, index) => rowOf(shape, index));
  const tensors = rows.flatMap((row): TensorReport[] => [
    { name: row.tensor, dtype: row.dtype, shape: row.shape, role: row.role },
    {
      name: `${row.name}.bias`,
      dtype: 'f32',
      shape: [row.view?.[0] ?? 1],
      role: 'bias',
      metrics: { l2: 0.1 + 0.01 * row.index, 'zero.frac': 0 },
    },
  ]);
  const parameterCount = rows.reduce((sum, row) => sum + row.parameterCount, 0);
  return {
    fileName,
    rows,
    tensors,
    skipped: [{ name: 'tokenizer.blob', reason: 'Element type "string" holds no numbers' }],
    overview: {
      checkpoint: {
        name: fileName,
        format: 'safetensors',
        description: 'safetensors',
        framework: 'pytorch',
        files: [{ name: fileName, byteLength: 4 * parameterCount }],
        bytes: 4 * parameterCount,
        optimizers: [
          {
            name: 'AdamW',
            groups: [
              {
                hyperparameters: { lr: 0.001, weight_decay: 0.01, betas: [0.9, 0.999] },
                parameterCount,
              },
            ],
          },
        ],
        recorded: { epoch: 12, args: { data: 'digits', dropout: 0.5, '<b>': '</script>' } },
        declared: { format: 'pt' },
        notices: [{ severity: 'info', message: 'The file names no model class' }],
      },
      totals: {
        tensorCount: tensors.length,
        parameterCount,
        byteCount: 4 * parameterCount,
        zeroFraction: 0.61,
        l2: 48.2,
        measuredLayerCount: rows.length,
      },
      highlights: rows.slice(0, 3).map((row) => ({
        layer: row.name,
        metric: 'OI_row',
        value: row.metrics['OI_row'] ?? 1,
        text: `${row.name} ${(row.metrics['OI_row'] ?? 1).toFixed(1)}× correlated`,
      })),
      skippedCount: 1,
      layerCount: rows.length,
      progress: { phase: 'done', done: rows.length, total: rows.length },
    },
  };
}
