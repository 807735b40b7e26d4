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
  | 'mixup'
  | RelatedTechniqueId;

/** Beside the eleven of the catalogue. */
export type RelatedTechniqueId =
  'spectral-norm' | 'label-smoothing' | 'gradient-clipping' | 'max-norm';

/** A way of regularizing, independent of frameworks. */
export interface Technique {
  readonly id: TechniqueId;
  readonly title: string;
  /** One sentence: what it does. */
  readonly summary: string;
  /** Not one of the eleven, offered where it is at hand. */
  readonly isRelated?: boolean;
}
