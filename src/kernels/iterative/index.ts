export type { LargestSingularValue } from './bracket';
export {
  estimateSpectrum,
  type EstimateOptions,
  type EstimatePrecision,
  type SpectrumEstimate,
} from './estimateSpectrum';
export { gramIteration, type GramIterationOptions } from './gramIteration';
export { lanczosLargest, type LargestOptions } from './lanczosLargest';
export { matrixNorms, largestAtMost, type MatrixNorms } from './matrixNorms';
export { matrixPanels, type RowPanels } from './rowPanels';
export { spectralRadius, type SpectralRadius } from './spectralRadius';
export type { Atoms } from './spectralMeasure';
