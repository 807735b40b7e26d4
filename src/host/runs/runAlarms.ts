import { commands, window } from 'vscode';

import { setting } from '../config';
import { openLayerCommand } from '../contributions';
import { log } from '../log';
import type { RunAlarm, Runs } from './runs';

/** Says once for each run and kind of trouble that something is wrong: the rest is in the series. */
export function notifyOfAlarms(runs: Runs): { dispose(): unknown } {
  const told = new Set<string>();
  return runs.onDidAlarm((found) => {
    const key = `${found.run.id}\n${found.alarm.kind}`;
    if (told.has(key) || !setting('runs.notify', found.uri)) return;
    told.add(key);
    notify(found).catch((error: unknown) => log.error('A notification failed', error));
  });
}

async function notify({ run, alarm, uri }: RunAlarm): Promise<void> {
  const open = 'Open Layer';
  const point = run.points.find(({ file }) => file.path === uri.path);
  const answer = await window.showWarningMessage(
    `${run.name}, ${point?.label ?? 'newest checkpoint'}: ${alarm.message}.`,
    open,
  );
  if (answer === open) await commands.executeCommand(openLayerCommand, uri, alarm.layer);
}
