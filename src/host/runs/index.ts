export { EditMarks } from './editMarks';
export { notifyOfAlarms } from './runAlarms';
export { Recall } from './recall';
export { registerRunCommands } from './runCommands';
export { RunFiles } from './runFiles';
export { Runs } from './runs';
export { RunTree } from './runTree';
export { SeriesPanels } from './seriesPanels';
