export { CheckpointAnalysis, type AnalysisOptions } from './checkpointAnalysis';
export { findLayers, type Layer, type LayerSet } from './layers';
export { localMeasurer, type LocalMeasurerOptions } from './localMeasurer';
export { MeasurerLost, ownThread, type Measurer, type MeasurerPool } from './measurer';
