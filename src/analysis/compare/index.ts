export {
  CheckpointComparison,
  type ComparisonOptions,
  type ComparisonSide,
} from './checkpointComparison';
export { findingsChange } from './findingsChange';
export { matchLayers, type Matching, type MatchingSide } from './matching';
