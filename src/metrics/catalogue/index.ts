import type { MetricDescriptor } from '../../core/metric';
import { batchNorm } from './batchNorm';
import { convolution } from './convolution';
import { heavyTail, marchenkoPastur } from './fits';
import { foldedNorms } from './folded';
import { integrity } from './integrity';
import { norms } from './norms';
import { orthogonality } from './orthogonality';
import { recurrent } from './recurrent';
import { shape } from './shape';
import { sparsity } from './sparsity';
import { estimated, spectrum } from './spectrum';

/** Every metric, in the order in which a reader meets them. */
export const metricCatalogue: readonly MetricDescriptor[] = [
  ...integrity,
  ...sparsity,
  ...norms,
  ...foldedNorms,
  ...batchNorm,
  ...shape,
  ...orthogonality,
  ...spectrum,
  ...estimated,
  ...convolution,
  ...marchenkoPastur,
  ...heavyTail,
  ...recurrent,
];
