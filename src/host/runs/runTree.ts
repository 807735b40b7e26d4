import {
  commands,
  EventEmitter,
  MarkdownString,
  ThemeIcon,
  TreeItem,
  TreeItemCollapsibleState,
  type TreeDataProvider,
} from 'vscode';

import type { Run, RunPoint } from '../../core/series';
import { openInspectorCommand, runsKey } from '../contributions';
import type { PointState, Runs } from './runs';

const refreshMs = 300;

/** A run, or one checkpoint of it. */
export type RunNode =
  | { readonly kind: 'run'; readonly run: Run }
  | { readonly kind: 'point'; readonly run: Run; readonly point: RunPoint };

/** The runs of the workspace in the explorer's side bar, the newest checkpoint first. */
export class RunTree implements TreeDataProvider<RunNode> {
  private readonly changeEmitter = new EventEmitter<void>();
  readonly onDidChangeTreeData = this.changeEmitter.event;
  private readonly subscriptions: { dispose(): unknown }[];
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly runs: Runs) {
    this.subscriptions = [
      runs.onDidChange(() => {
        void commands.executeCommand('setContext', runsKey, runs.all.length > 0);
        this.refreshSoon();
      }),
      runs.onDidMeasure(() => this.refreshSoon()),
    ];
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const subscription of this.subscriptions) subscription.dispose();
    this.changeEmitter.dispose();
  }

  getChildren(node?: RunNode): RunNode[] {
    if (!node) return this.runs.all.map((run) => ({ kind: 'run', run }));
    if (node.kind === 'point') return [];
    const { run } = node;
    return run.points.toReversed().map((point) => ({ kind: 'point', run, point }));
  }

  getTreeItem(node: RunNode): TreeItem {
    return node.kind === 'run' ? this.runItem(node.run) : this.pointItem(node.point);
  }

  private runItem(run: Run): TreeItem {
    const item = new TreeItem(run.name, TreeItemCollapsibleState.Collapsed);
    item.id = run.id;
    item.contextValue = 'run';
    item.iconPath = new ThemeIcon('graph-line');
    const newest = run.points.at(-1);
    item.description = `${run.points.length} checkpoints${newest ? `, ${newest.label}` : ''}`;
    item.tooltip = run.folder;
    return item;
  }

  private pointItem(point: RunPoint): TreeItem {
    const item = new TreeItem(point.label, TreeItemCollapsibleState.None);
    const state = this.runs.stateOf(point);
    const uri = this.runs.uriOf(point);
    item.id = point.file.path;
    item.contextValue = 'point';
    item.iconPath = iconOf(state);
    item.description = [
      ...(point.label.startsWith(nameOf(point)) ? [] : [nameOf(point)]),
      ...(point.mark.loss === undefined ? [] : [`loss ${point.mark.loss}`]),
      ...(point.mark.accuracy === undefined ? [] : [`accuracy ${point.mark.accuracy}`]),
    ].join(' · ');
    const tooltip = new MarkdownString();
    tooltip.appendText(`${point.file.path}\n${new Date(point.file.modifiedMs).toLocaleString()}`);
    if (state.kind === 'failed') tooltip.appendText(`\n${state.reason}`);
    item.tooltip = tooltip;
    if (uri) {
      item.command = {
        title: 'Open as Checkpoint',
        command: openInspectorCommand,
        arguments: [uri],
      };
    }
    return item;
  }

  private refreshSoon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.changeEmitter.fire();
    }, refreshMs);
  }
}

function nameOf({ file }: RunPoint): string {
  return file.path.split('/').at(-1) ?? file.path;
}

function iconOf({ kind }: PointState): ThemeIcon {
  switch (kind) {
    case 'waiting':
      return new ThemeIcon('circle-outline');
    case 'measuring':
      return new ThemeIcon('loading~spin');
    case 'measured':
      return new ThemeIcon('circle-filled');
    case 'failed':
      return new ThemeIcon('warning');
  }
}
