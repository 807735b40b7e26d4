export { metricCatalogue } from './catalogue';
export type { LayerContext } from './layerContext';
export type {
  CosineMap,
  FilterNeighbours,
  FilterPair,
  LayerMeasurement,
  LayerOptions,
} from './layerMeasurement';
export { measureElements, type ElementInput } from './measureElements';
export { measureLayer } from './measureLayer';
export { mergeMeasured } from './measured';
