import { basename } from 'node:path/posix';

import { commands, Uri, window, type Disposable } from 'vscode';

import {
  compareCommand,
  compareSelectedCommand,
  compareWithSelectedCommand,
  diffManifestsCommand,
  selectForCompareCommand,
  selectedForCompareKey,
} from '../contributions';
import { activeCheckpoint, choosePair, earlierFirst, type Pair } from './choose';
import type { ComparePanels } from './comparePanels';
import type { Manifests } from './manifests';

/** Commands that choose two checkpoints and compare them. */
export function registerCompareCommands(
  panels: ComparePanels,
  manifests: Manifests,
): readonly Disposable[] {
  let selected: Uri | undefined;
  const compare = (pair: Pair | undefined): void => {
    if (pair && areTwo(pair)) panels.open(...pair);
  };
  return [
    commands.registerCommand(selectForCompareCommand, async (target: unknown) => {
      selected = uriOf(target) ?? activeCheckpoint();
      await commands.executeCommand('setContext', selectedForCompareKey, selected !== undefined);
      const text = selected
        ? `${basename(selected.path)} is selected for compare`
        : 'Open a checkpoint to select it for compare';
      window.setStatusBarMessage(text, 5000);
    }),
    commands.registerCommand(compareWithSelectedCommand, async (target: unknown) => {
      const other = uriOf(target) ?? activeCheckpoint();
      compare(selected && other ? [selected, other] : await choosePair(other));
    }),
    commands.registerCommand(compareSelectedCommand, async (_target: unknown, all: unknown) => {
      compare(await pairOf(all));
    }),
    commands.registerCommand(compareCommand, async (target: unknown) => {
      compare(await choosePair(uriOf(target)));
    }),
    commands.registerCommand(diffManifestsCommand, async (one: unknown, other: unknown) => {
      const [a, b] = [uriOf(one), uriOf(other)];
      const pair = a && b ? ([a, b] as const) : ((await pairOf(other)) ?? (await choosePair(a)));
      if (pair && areTwo(pair)) await manifests.diff(...pair);
    }),
  ];
}

function uriOf(value: unknown): Uri | undefined {
  return value instanceof Uri ? value : undefined;
}

/** The two files that are selected in the explorer, the earlier one first. */
async function pairOf(selection: unknown): Promise<Pair | undefined> {
  if (!Array.isArray(selection)) return undefined;
  const uris = selection.flatMap((one: unknown) => uriOf(one) ?? []);
  const [one, other] = uris;
  return one && other && uris.length === 2 ? await earlierFirst(one, other) : undefined;
}

function areTwo([a, b]: Pair): boolean {
  if (a.toString() !== b.toString()) return true;
  void window.showInformationMessage(`${basename(a.path)} is the same file: choose another one`);
  return false;
}
