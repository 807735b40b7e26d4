import { commands, Uri, window, workspace, type Disposable } from 'vscode';

import type { Run } from '../../core/series';
import { noteEditCommand, openSeriesCommand } from '../contributions';
import type { TrainingCode } from '../trainingCode';
import type { EditMarks } from './editMarks';
import type { Runs } from './runs';
import type { SeriesPanels } from './seriesPanels';

/** What the commands work on. */
export interface RunCommandParts {
  readonly runs: Runs;
  readonly panels: SeriesPanels;
  readonly marks: EditMarks;
  readonly code: TrainingCode;
}

/** The series of a run (of the one that was clicked in the tree, else of one that is chosen), and what follows an edit. */
export function registerRunCommands({ runs, panels, marks, code }: RunCommandParts): Disposable[] {
  return [
    commands.registerCommand(openSeriesCommand, async (target: unknown) => {
      const run = runOf(runs, target) ?? (await pickRun(runs));
      if (run) panels.open(run);
    }),
    commands.registerCommand(noteEditCommand, async (script: unknown) => {
      if (!(script instanceof Uri)) return;
      const key = script.toString();
      const document = workspace.textDocuments.find(({ uri }) => uri.toString() === key);
      const found = document && (await code.checkpointOf(document));
      if (found) await marks.note(script, found.session.uri, found.session.rows);
    }),
  ];
}

function runOf(runs: Runs, target: unknown): Run | undefined {
  if (typeof target === 'string') return runs.get(target);
  if (typeof target !== 'object' || target === null || !('run' in target)) return undefined;
  return runs.all.find((run) => run === target.run);
}

async function pickRun({ all }: Runs): Promise<Run | undefined> {
  if (all.length <= 1) {
    if (all.length === 0) {
      void window.showInformationMessage(
        'No run of two or more checkpoints was found in this workspace.',
      );
    }
    return all[0];
  }
  const chosen = await window.showQuickPick(
    all.map((run) => ({
      label: run.name,
      description: `${run.points.length} checkpoints`,
      detail: run.folder,
      run,
    })),
    { title: 'Show Series of a Run', matchOnDetail: true },
  );
  return chosen?.run;
}
