import {
  ColorThemeKind,
  Hover,
  MarkdownString,
  window,
  type HoverProvider,
  type Position,
  type TextDocument,
  type Uri,
} from 'vscode';

import type { Finding } from '../core/finding';
import type { LayerRow } from '../protocol/layers';
import { setting } from './config';
import { addRegularizerCommand, openLayerCommand } from './contributions';
import { lensText } from './lensText';
import type { Session } from './session';
import { spectrumImage, type ImageTheme } from './spectrumImage';
import type { TrainingCode } from './trainingCode';

/** Findings that a card has room for. */
const mostFindings = 3;
/** A large layer's spectrum is not worth waiting for: the card comes without it. */
const patienceMs = 1500;

/** Over the definition of a layer: its numbers in the newest checkpoint, a small spectrum, findings, and where to go from here. */
export class LayerHover implements HoverProvider {
  constructor(private readonly code: TrainingCode) {}

  async provideHover(document: TextDocument, position: Position): Promise<Hover | undefined> {
    if (!setting('hover.enabled', document.uri)) return undefined;
    const found = await this.code.checkpointOf(document);
    if (!found) return undefined;
    const { session, link } = found;
    for (const { definition, layers } of link.matches) {
      const place = link.script.place.locate(definition.range);
      const isHere =
        place?.uri.toString() === document.uri.toString() &&
        place.range.start.line === position.line &&
        place.range.contains(position);
      if (!isHere) continue;
      const rows = layers.flatMap(({ layer }) => session.rows[layer] ?? []);
      const [row] = rows;
      if (!row) return undefined;
      const reason = `${layers[0]?.reason ?? ''} (confidence ${layers[0]?.confidence ?? 0})`;
      return new Hover(await cardOf(session, row, rows.length - 1, reason), place.range);
    }
    return undefined;
  }
}

async function cardOf(
  session: Session,
  row: LayerRow,
  others: number,
  reason: string,
): Promise<MarkdownString> {
  const card = new MarkdownString(undefined, true);
  card.isTrusted = { enabledCommands: [openLayerCommand, addRegularizerCommand] };
  card.appendText(`${lensText(row)}${others > 0 ? ` · and ${others} more` : ''}`);
  const image = await imageOf(session, row);
  if (image !== undefined) card.appendMarkdown(`\n\n![Singular values](${image})`);
  for (const finding of findingsAbout(session, row).slice(0, mostFindings)) {
    card.appendMarkdown('\n\n$(info) ').appendText(finding.message);
  }
  card.appendMarkdown('\n\n');
  card.appendText(
    `In ${session.overview?.checkpoint.name ?? 'the checkpoint'}, matched by ${reason}`,
  );
  card.appendMarkdown('\n\n');
  card.appendMarkdown(`[Open layer](${commandLink(openLayerCommand, [session.uri, row.name])})`);
  card.appendMarkdown(` · [Add regularizer…](command:${addRegularizerCommand})`);
  return card;
}

async function imageOf(session: Session, row: LayerRow): Promise<string | undefined> {
  if (row.state !== 'done') return undefined;
  const edge = row.metrics['mp.edge'];
  try {
    const detail = await Promise.race([
      session.detail(row.index),
      new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), patienceMs)),
    ]);
    const values = detail?.arrays['singular_values'] ?? [];
    return spectrumImage(values, sigmaOf(edge, row), themeOf());
  } catch {
    // The card is no place for an error of the checkpoint: its editor says it.
    return undefined;
  }
}

/** The edge of the bulk is an eigenvalue of WWᵀ/N: as a singular value it is √(N·edge). */
function sigmaOf(edge: number | undefined, { view }: LayerRow): number | undefined {
  return edge === undefined || !view ? undefined : Math.sqrt(edge * Math.max(...view));
}

function findingsAbout({ findings }: Session, { name }: LayerRow): readonly Finding[] {
  return findings.findings.filter(
    ({ layers, severity }) => severity !== 'info' && layers.includes(name),
  );
}

/** Uris in command links are revived by the command. */
function commandLink(command: string, [uri, layer]: readonly [Uri, string]): string {
  return `command:${command}?${encodeURIComponent(JSON.stringify([uri.toString(), layer]))}`;
}

function themeOf(): ImageTheme {
  switch (window.activeColorTheme.kind) {
    case ColorThemeKind.Light:
      return 'light';
    case ColorThemeKind.Dark:
      return 'dark';
    case ColorThemeKind.HighContrastLight:
      return 'contrast-light';
    case ColorThemeKind.HighContrast:
      return 'contrast-dark';
  }
}
