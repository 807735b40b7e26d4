import {
  Hover,
  MarkdownString,
  type HoverProvider,
  type Position,
  type TextDocument,
} from 'vscode';

import { techniques } from '../training';
import { setting } from './config';
import type { Scripts } from './scripts';

/** Over the strength of a technique that is in the code: what it does, and how strong that is. */
export class TechniqueHover implements HoverProvider {
  constructor(private readonly scripts: Scripts) {}

  async provideHover(document: TextDocument, position: Position): Promise<Hover | undefined> {
    if (!setting('hover.enabled', document.uri)) return undefined;
    const script = await this.scripts.ofDocument(document);
    for (const { strength, technique, title, detail } of script?.facts.offers ?? []) {
      const place = strength && script?.place.locate(strength);
      const isHere =
        place?.uri.toString() === document.uri.toString() && place.range.contains(position);
      if (!isHere) continue;
      const { summary } = techniques.find(({ id }) => id === technique) ?? { summary: '' };
      const text = new MarkdownString();
      text.appendMarkdown('**').appendText(title).appendMarkdown('**\n\n');
      text.appendText(`${summary} ${detail}`);
      return new Hover(text, place.range);
    }
    return undefined;
  }
}
