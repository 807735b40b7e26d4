import type { EvidenceClass } from '../../core/finding';

/** The eleven of the catalogue, and what is of the same kind and found in the same places. */
export type Seen =
  | 'l1'
  | 'l2'
  | 'orthogonality'
  | 'dropout'
  | 'batch-norm'
  | 'augmentation'
  | 'dropconnect'
  | 'fractional-pooling'
  | 'stochastic-depth'
  | 'cutout'
  | 'mixup'
  | 'label-smoothing'
  | 'gradient-clipping'
  | 'max-norm'
  | 'spectral-norm'
  | 'weight-norm'
  | 'layer-scale'
  | 'average'
  | 'early-stopping'
  | 'pruning'
  | 'noise'
  | 'activity';

/** One place of the file that says something of a technique: a key, a layer, a tensor's name. Nothing that was measured. */
export interface Sighting {
  readonly seen: Seen;
  readonly class: Exclude<EvidenceClass, 'measured'>;
  /** What was read: `hidden_dropout_prob`, `weight_decay`, `Dropout`. */
  readonly name: string;
  readonly value: number | string;
  /** Path of the key, name of the layer or tensor. */
  readonly where: string;
  /** It says that the technique is off: a rate of 0. */
  readonly isOff?: boolean;
  /** The value is the library's default, so nobody need have chosen it. */
  readonly isDefault?: boolean;
  /** What the value is not, in words for a message. */
  readonly remark?: string;
}

/** Coefficients are stored as f32 and read as f64: 0.009999999776 is 0.01. */
export function tidy(value: number): number {
  return Number(value.toPrecision(7));
}
