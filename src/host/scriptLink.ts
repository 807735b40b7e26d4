import type { Uri } from 'vscode';

import type { LayerRow } from '../protocol/layers';
import type { DefinitionMatch } from '../training';
import { isSavedAs } from './checkpointFinder';
import type { Script } from './scripts';

/** A training script and the layers of a checkpoint that it defines. */
export interface ScriptLink {
  readonly uri: Uri;
  readonly script: Script;
  readonly matches: readonly DefinitionMatch[];
  /** How well they belong together, 0…1: share of the definitions that found their layer. */
  readonly score: number;
  /** Whether the script saves to the checkpoint's path. */
  readonly savesHere: boolean;
}

/** Below this share of matched definitions a script is not taken for the checkpoint's. */
const leastScore = 0.5;

/** How a script and a checkpoint belong together; undefined where they do not. */
export function linkOf(
  uri: Uri,
  script: Script,
  checkpoint: Uri,
  rows: readonly LayerRow[],
): ScriptLink | undefined {
  const { definitions, paths } = script.facts;
  if (definitions.length === 0 || rows.length === 0) return undefined;
  const matches = script.matchesIn(rows);
  const score = matches.length / definitions.length;
  const savesHere = isSavedAs(checkpoint, paths);
  if (matches.length === 0 || (score < leastScore && !savesHere)) return undefined;
  return { uri, script, matches, score, savesHere };
}

/** Order of preference: the script that saves here, then the better match. */
export function compareLinks(a: ScriptLink, b: ScriptLink): number {
  return Number(b.savesHere) - Number(a.savesHere) || b.score - a.score;
}
