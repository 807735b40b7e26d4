export { measureBatchNorm, type BatchNormalization } from './batchNormChannels';
export { metricCatalogue } from './catalogue';
export {
  convolutionNorms,
  type ConvolutionKernel,
  type ConvolutionOptions,
} from './convolutionNorms';
export { cosineBins, duplicateThresholds } from './cosineSweep';
export type { ElementInput } from './elementInput';
export type { LayerContext } from './layerContext';
export { measureFoldedNorms, type FoldedNormalization } from './foldedNorms';
export { heldMatrices, type MatrixSource } from './matrixSource';
export type {
  CosineMap,
  FilterNeighbours,
  FilterPair,
  LayerMeasurement,
  LayerOptions,
} from './layerMeasurement';
export { mergeMeasured } from './measured';
export { measureElements } from './measureElements';
export { measureEstimate, type EstimateInput } from './measureEstimate';
export { measureGram, type GramSums } from './measureGram';
export { measureCosines, measureLayer } from './measureLayer';
export { measureForgetBias, measureRecurrent, type RecurrentOptions } from './measureRecurrent';
export { measureSpectrum, type SpectrumInput } from './measureSpectrum';
export { projectedGates } from './recurrentNorms';
