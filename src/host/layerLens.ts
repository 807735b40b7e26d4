import {
  CodeLens,
  EventEmitter,
  Range,
  type CodeLensProvider,
  type Disposable,
  type TextDocument,
} from 'vscode';

import { setting } from './config';
import { openLayerCommand } from './contributions';
import { beforeAfter, lensText, trendOf } from './lensText';
import type { EditMarks, Runs } from './runs';
import type { Sessions } from './sessions';
import type { TrainingCode } from './trainingCode';

const refreshMs = 500;

/** A line above each layer of a training script with the numbers of its newest checkpoint. */
export class LayerLens implements CodeLensProvider {
  private readonly changeEmitter = new EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.changeEmitter.event;
  private readonly subscriptions: Disposable[];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly code: TrainingCode,
    sessions: Sessions,
    private readonly runs: Runs,
    private readonly marks: EditMarks,
  ) {
    this.subscriptions = [
      code.onDidChangeLinks(() => this.changeEmitter.fire()),
      sessions.onDidMeasure(() => this.fireSoon()),
      runs.onDidMeasure(() => this.fireSoon()),
      marks.onDidChange(() => this.fireSoon()),
    ];
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const subscription of this.subscriptions) subscription.dispose();
    this.changeEmitter.dispose();
  }

  async provideCodeLenses(document: TextDocument): Promise<CodeLens[]> {
    if (!setting('codeLens.enabled', document.uri)) return [];
    const found = await this.code.checkpointOf(document);
    if (!found) return [];
    const { session, link } = found;
    const run = this.runs.of(session.uri);
    if (run) this.runs.want(run, 'latest');
    const series = run && this.runs.seriesOf(run);
    const before = await this.marks.before(link.script.uri, session.uri);
    return link.matches.flatMap(({ definition, layers }) => {
      const rows = layers.flatMap(({ layer }) => session.rows[layer] ?? []);
      const [row] = rows;
      if (!row) return [];
      const place = link.script.place.locate(definition.range);
      if (place?.uri.toString() !== document.uri.toString()) return [];
      const at = place.range.start;
      const more = rows.length > 1 ? ` · and ${rows.length - 1} more` : '';
      const reason = layers[0]?.reason ?? '';
      return [
        new CodeLens(new Range(at, at), {
          title: [
            lensText(row) + more,
            beforeAfter(row, before?.get(row.name)),
            trendOf(row, series),
          ]
            .filter((part) => part !== '')
            .join(' · '),
          tooltip: `${row.name} in ${session.overview?.checkpoint.name ?? ''}: matched by ${reason}`,
          command: openLayerCommand,
          arguments: [session.uri, row.name],
        }),
      ];
    });
  }

  /** Numbers stream in ten times a second: lenses follow twice. */
  private fireSoon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.changeEmitter.fire();
    }, refreshMs);
  }
}
