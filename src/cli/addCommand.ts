import { writeFile } from 'node:fs/promises';

import { createTwoFilesPatch } from 'diff';

import { positionAt } from '../core/textPosition';
import {
  applyEdits,
  outlineOf,
  techniques,
  type PlacedOffer,
  type Source,
  type TechniqueOutline,
  type TextEdit,
} from '../training';
import { argumentsOf, positiveInteger } from './arguments';
import { scriptReader } from './script';
import type { Terminal } from './terminal';
import { UsageError } from './usage';

const flags = {
  layer: { type: 'string' },
  line: { type: 'string' },
  strength: { type: 'string' },
  variant: { type: 'string' },
  remove: { type: 'boolean' },
  write: { type: 'boolean' },
  diff: { type: 'boolean' },
} as const;

/** A number of Python and JavaScript: nothing else is ever written into the code from the command line. */
const numberPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * `reglens add`: the edit of one technique at one place, as a patch or written. Where the technique is there already, its strength is
 * changed, or it is removed. Exit code 1: nothing to change there.
 */
export async function addCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = argumentsOf(argv, flags);
  const [id, file, ...others] = positionals;
  if (id === undefined || file === undefined || others.length > 0) {
    throw new UsageError('add needs a technique and a file');
  }
  if (!techniques.some((technique) => technique.id === id)) {
    throw new UsageError(
      `unknown technique "${id}": there are ${techniques.map((technique) => technique.id).join(', ')}`,
    );
  }
  if (values.write && values.diff) throw new UsageError('--write and --diff exclude each other');
  const { strength } = values;
  if (strength !== undefined && !numberPattern.test(strength)) {
    throw new UsageError(`--strength takes a number, not "${strength}"`);
  }
  const source = await scriptReader(__dirname)(file);
  const outline = outlineOf(source).find((one) => one.id === id);
  if (!outline) return 1;
  const place: Place = {
    layer: values.layer,
    line: positiveInteger('line', values.line),
    variant: values.variant,
  };
  const change =
    values.remove === true ? removalOf(outline, place) : changeOf(source, outline, place, strength);
  if (typeof change === 'string') {
    terminal.err(`${file}: ${change}\n`);
    return 1;
  }
  const edited = applyEdits(source.text, change.edits);
  if (values.write === true) {
    await writeFile(file, edited);
    terminal.err(`${file}:${change.line}: ${change.title}\n`);
  } else {
    terminal.out(createTwoFilesPatch(`a/${file}`, `b/${file}`, source.text, edited, '', ''));
  }
  return 0;
}

interface Place {
  readonly layer: string | undefined;
  readonly line: number | undefined;
  readonly variant: string | undefined;
}

interface Change {
  readonly edits: readonly TextEdit[];
  readonly title: string;
  readonly line: number;
}

/** The change, or why there is none. */
function changeOf(
  source: Source,
  outline: TechniqueOutline,
  place: Place,
  strength: string | undefined,
): Change | string {
  const [best] = outline.offered.filter((one) => isAt(source, one, place));
  if (best) {
    const edits = withStrength(best.offer.edits(), strength);
    if (edits === undefined) return `${best.offer.title}: it has no strength to set`;
    return { edits, title: best.offer.title, line: best.line };
  }
  const [present] = outline.present.filter((one) => isAt(source, one, place));
  if (!present) return outline.reason ?? whyNotHere(outline);
  const { offer, line, current } = present;
  if (strength === undefined) {
    const value = current === undefined ? '' : ` (${current})`;
    return `${offer.title}: already there in line ${line}${value}. ${offer.detail}`;
  }
  if (!offer.strength)
    return `${offer.title}: already there in line ${line}, without a number that could be changed`;
  return {
    edits: [{ ...offer.strength, newText: strength }],
    title: `${offer.title}: ${current ?? ''} → ${strength}`,
    line,
  };
}

function removalOf(outline: TechniqueOutline, place: Place): Change | string {
  const here = outline.present.filter(
    ({ line, layer, offer }) =>
      (place.line === undefined || place.line === line) &&
      (place.layer === undefined || place.layer === layer) &&
      (place.variant === undefined || place.variant === offer.variant),
  );
  for (const { offer, line } of here) {
    const edits = offer.removal?.();
    if (edits && edits.length > 0) return { edits, title: `Remove: ${offer.title}`, line };
  }
  const [first] = here;
  if (!first) return `${outline.title} is not there`;
  return `${first.offer.title} in line ${first.line} cannot be removed safely: ${first.offer.detail}`;
}

function isAt(source: Source, { offer, line, layer }: PlacedOffer, place: Place): boolean {
  if (place.variant !== undefined && place.variant !== offer.variant) return false;
  if (place.layer !== undefined && place.layer !== layer) return false;
  if (place.line === undefined) return true;
  const lastLine = positionAt(source.text, offer.where.end).line + 1;
  return line <= place.line && place.line <= lastLine;
}

function whyNotHere({ title, offered, present }: TechniqueOutline): string {
  const lines = [...offered, ...present].map(({ line }) => line);
  return `${title} has no place there; it has in line ${[...new Set(lines)].join(', ')}`;
}

/** The edits with another value at their first stop, which is the strength. Undefined where they have none. */
function withStrength(
  edits: readonly TextEdit[],
  strength: string | undefined,
): readonly TextEdit[] | undefined {
  if (strength === undefined) return edits;
  const target = edits.find(({ stops = [] }) => stops.length > 0);
  const stop = target?.stops?.[0];
  if (!target || !stop) return undefined;
  const { newText } = target;
  const filled = newText.slice(0, stop.start) + strength + newText.slice(stop.end);
  return edits.map((edit) => (edit === target ? { ...edit, newText: filled } : edit));
}
