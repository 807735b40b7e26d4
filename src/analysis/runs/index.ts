export { alarmsOf } from './alarms';
export { isCheckpointName } from './checkpointFiles';
export { findRuns, runOfFiles } from './findRuns';
export { recordedMark } from './recordedMark';
export { seriesMetrics, seriesOf, type SeriesInput } from './seriesOf';
export { trendText } from './trend';
