import { QuickPickItemKind, Selection, window, type QuickPickItem, type TextEditor } from 'vscode';

import { techniques, type OfferFacts, type Technique } from '../training';
import { nearestOffers, type ListedOffer } from './nearestOffers';
import type { Script, Scripts } from './scripts';
import { previewEdits } from './techniqueEdit';

interface TechniqueItem extends QuickPickItem {
  readonly technique?: Technique;
}

interface OfferItem extends QuickPickItem {
  readonly index: number;
}

/** “Add Regularizer…”: every technique with what it would do in this script, whether it is there, or why it is not offered. */
export async function pickTechnique(scripts: Scripts): Promise<void> {
  const editor = window.activeTextEditor;
  const script = editor && (await scripts.ofDocument(editor.document));
  if (!editor || !script) {
    void window.showInformationMessage(
      'Open a training script first: Python with PyTorch, Keras or Flax, or JavaScript or TypeScript with TensorFlow.js.',
    );
    return;
  }
  const chosen = await window.showQuickPick(techniqueItems(script), {
    title: 'Add Regularizer',
    placeHolder: 'A technique to add, or to go to where it is',
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (!chosen?.technique) return;
  const { id } = chosen.technique;
  const { offers } = script.facts;
  const cursor = script.place.offsetAt(editor.document, editor.selection.active) ?? 0;
  const offered = nearestOffers(offers, id, { start: cursor, end: cursor });
  const present = offers.find(({ technique, state }) => technique === id && state === 'present');
  if (offered.length > 0) await addOne(script, offered);
  else if (present) reveal(script, present, editor);
  else void window.showInformationMessage(`${chosen.technique.title}: ${chosen.detail ?? ''}`);
}

function techniqueItems(script: Script): readonly TechniqueItem[] {
  const { offers } = script.facts;
  const items = techniques.map((technique): TechniqueItem & { readonly rank: number } => {
    const mine = offers.filter((offer) => offer.technique === technique.id);
    const offered = mine.filter(({ state }) => state === 'offered');
    const present = mine.filter(({ state }) => state === 'present');
    const state = offered.length > 0 ? 'offered' : present.length > 0 ? 'present' : 'none';
    const [best] = state === 'offered' ? offered : state === 'present' ? present : mine;
    const places = offered.length > 1 ? ` · ${offered.length} ways or places` : '';
    const there = present.length > 0 ? `already there (line ${lineOf(script, present[0])})` : '';
    return {
      label: technique.title,
      description: state === 'offered' ? `${best?.title ?? ''}${places}` : there,
      detail:
        best?.detail ?? `${technique.summary} Nothing in this file that it could be added to.`,
      technique,
      rank: state === 'offered' ? 0 : state === 'present' ? 1 : 2,
    };
  });
  const groups = ['Can be added', 'Already there', 'Not here'];
  return groups.flatMap((label, rank) => {
    const group = items.filter((item) => item.rank === rank);
    return group.length === 0 ? [] : [{ label, kind: QuickPickItemKind.Separator }, ...group];
  });
}

async function addOne(script: Script, offered: readonly ListedOffer[]): Promise<void> {
  const items = offered.map(({ offer, index }): OfferItem => ({
    label: offer.title,
    description: `line ${lineOf(script, offer)}`,
    detail: offer.detail,
    index,
  }));
  const [only] = items;
  const chosen =
    items.length === 1
      ? only
      : await window.showQuickPick(items, {
          title: 'Add Regularizer',
          placeHolder: 'Where, and how',
          matchOnDetail: true,
        });
  if (!chosen) return;
  const edits = await script.edits({ kind: 'edits', index: chosen.index });
  if (!(await previewEdits(script, edits, chosen.label))) {
    void window.showInformationMessage('The script has changed meanwhile: nothing was added.');
  }
}

function reveal(script: Script, offer: OfferFacts, editor: TextEditor): void {
  const place = script.place.locate(offer.strength ?? offer.where);
  if (place?.uri.toString() !== editor.document.uri.toString()) return;
  editor.selection = new Selection(place.range.start, place.range.end);
  editor.revealRange(place.range);
}

function lineOf(script: Script, offer: OfferFacts | undefined): number {
  const place = offer && script.place.locate(offer.where);
  return (place?.range.start.line ?? 0) + 1;
}
