import { describe, type Row } from './describe';

const jacob = 'Jacob et al., CVPR 2018, 3.2';

/** Of one number of the weight with its batch normalization folded in. */
const folded = (id: string, title: string, meaning: string, formula: string): Row => [
  `bn_folded.${id}`,
  title,
  'weight',
  meaning,
  formula,
  'What the layer and its normalization do together; the weight alone may have any length.',
  'none: γ sets it',
  jacob,
];

export const foldedNorms = describe('norms', [
  folded(
    'l2',
    'L2 norm, batch norm folded',
    'Length of all weights after the batch normalization behind the layer is multiplied into them.',
    '√Σ_c s_c²‖w_c‖², s = |γ|/√(v + ε)',
  ),
  folded(
    'linf',
    'Largest weight, batch norm folded',
    'Size of the largest weight after the batch normalization is multiplied in.',
    'max_c s_c‖w_c‖_∞',
  ),
  folded(
    'row.l2.min',
    'Smallest filter norm, batch norm folded',
    'Length of the shortest filter after the batch normalization is multiplied in.',
    'min_c s_c‖w_c‖',
  ),
  folded(
    'row.l2.median',
    'Median filter norm, batch norm folded',
    'Length of the middle filter after the batch normalization is multiplied in.',
    'median_c s_c‖w_c‖',
  ),
  folded(
    'row.l2.max',
    'Largest filter norm, batch norm folded',
    'Length of the longest filter after the batch normalization is multiplied in.',
    'max_c s_c‖w_c‖',
  ),
]);
