export type TechniqueId =
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
  | 'mixup';

/** A way of regularizing, independent of frameworks. */
export interface Technique {
  readonly id: TechniqueId;
  readonly title: string;
  /** One sentence: what it does. */
  readonly summary: string;
}
