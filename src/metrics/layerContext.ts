import type { Dtype } from '../core/dtype';
import type { MatrixView } from '../core/matrixView';
import type { Role } from '../core/tensor';

/** What the analysis knows about a weight before it is measured. */
export interface LayerContext {
  readonly role: Role;
  /** Type in which the numbers were stored: decides the noise floor. */
  readonly dtype: Dtype;
  readonly view?: MatrixView;
  /** Step between neighbouring values of quantised weights, if they are and it is known. */
  readonly quantizationStep?: number;
}
