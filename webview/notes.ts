import type { LayerRow } from '../src/protocol/layers';
import { formatNumber, plural } from './format';

/** A short phrase for the table: what a reader should look at first. */
export interface Note {
  readonly weight: 'problem' | 'note';
  readonly text: string;
}

/** An effective rank under this share of what chance gives is worth a word: random matrices stay within a few per cent of it. */
const lowRankShare = 0.5;

/** Short phrases for a layer, the most serious first. */
export function notesOf(row: LayerRow): readonly Note[] {
  const notes: Note[] = [];
  const value = (id: string): number => row.metrics[id] ?? 0;
  const nonFinite = value('n_nan') + value('n_pinf') + value('n_ninf');
  if (nonFinite > 0) {
    notes.push({ weight: 'problem', text: plural(nonFinite, 'non-finite value') });
  }
  const dead = value('row.zero');
  if (dead > 0) notes.push({ weight: 'note', text: plural(dead, 'dead row') });
  const redundant = value('redundant(0.95)');
  if (redundant > 0) notes.push({ weight: 'note', text: plural(redundant, 'duplicate filter') });
  const rank = row.metrics['erank_sigma'];
  const chance = row.baselines['erank_sigma'];
  if (rank !== undefined && chance !== undefined && row.view && rank < lowRankShare * chance) {
    const side = Math.min(...row.view);
    notes.push({ weight: 'note', text: `rank ${formatNumber(rank)} of ${side}` });
  }
  return notes;
}
