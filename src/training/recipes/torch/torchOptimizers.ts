/** What PyTorch 2.13 does with weight decay in its optimizers. */
export interface TorchOptimizer {
  readonly name: string;
  /** Position of `weight_decay` among the arguments, `params` being 0. Absent where the class has none. */
  readonly position?: number;
  /**
   * Decoupled: the weights shrink by learning rate × decay. Coupled: decay × weights is added to the gradient and takes
   * part in all that the optimizer does with it. Optional: coupled unless `decoupled_weight_decay=True`.
   */
  readonly decay: 'decoupled' | 'coupled' | 'optional' | 'none';
  /** Its own default, where it decays without being told. */
  readonly defaultDecay?: string;
}

const table: readonly TorchOptimizer[] = [
  { name: 'SGD', position: 4, decay: 'coupled' },
  // Since 2.7 Adam knows decoupled_weight_decay too; AdamW says the same and runs on every version.
  { name: 'Adam', position: 4, decay: 'optional' },
  { name: 'AdamW', position: 4, decay: 'decoupled', defaultDecay: '1e-2' },
  { name: 'NAdam', position: 4, decay: 'optional' },
  { name: 'RAdam', position: 4, decay: 'optional' },
  { name: 'RMSprop', position: 4, decay: 'coupled' },
  { name: 'Adagrad', position: 3, decay: 'coupled' },
  { name: 'Adadelta', position: 4, decay: 'coupled' },
  { name: 'Adamax', position: 4, decay: 'coupled' },
  { name: 'ASGD', position: 5, decay: 'coupled' },
  { name: 'Adafactor', position: 5, decay: 'decoupled' },
  { name: 'Muon', position: 2, decay: 'decoupled', defaultDecay: '0.1' },
  { name: 'LBFGS', decay: 'none' },
  { name: 'Rprop', decay: 'none' },
  { name: 'SparseAdam', decay: 'none' },
];

export const torchOptimizers: ReadonlyMap<string, TorchOptimizer> = new Map(
  table.map((optimizer) => [`torch.optim.${optimizer.name}`, optimizer]),
);

/** Strength of decoupled decay: AdamW's own default. It is multiplied by the learning rate. */
export const decoupledStrength = '1e-2';

/** Strength of coupled decay: the value of most published SGD recipes. */
export const coupledStrength = '1e-4';
