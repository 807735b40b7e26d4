import type { ElementRefinement, ElementStatistics } from '../kernels';
import type { LayerContext } from './layerContext';

export interface ElementInput extends LayerContext {
  readonly statistics: ElementStatistics;
  /** Of the second pass, where the statistics do not bring their own. Without it near-zero shares and Gini are absent. */
  readonly refinement?: ElementRefinement;
}

/** A threshold as it stands in ids: `1e-3`. */
export function describeThreshold(threshold: number): string {
  return threshold.toExponential();
}
