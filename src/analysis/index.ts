export { CheckpointAnalysis, type AnalysisOptions } from './checkpointAnalysis';
export { findLayers, type Layer, type LayerSet } from './layers';
