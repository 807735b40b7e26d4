import { frameworkOf, outlineOf, type PlacedOffer, type TechniqueOutline } from '../training';
import { argumentsOf } from './arguments';
import { scriptReader } from './script';
import type { Terminal } from './terminal';
import { UsageError } from './usage';

/** Version of the JSON's shape. */
const version = 1;

/** `reglens techniques`: what is there, what could be added, where, and why not. */
export async function techniquesCommand(
  argv: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const { values, positionals } = argumentsOf(argv, { json: { type: 'boolean' } });
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) throw new UsageError('techniques needs one file');
  const source = await scriptReader(__dirname)(file);
  const outline = outlineOf(source);
  const framework = frameworkOf(source) ?? null;
  terminal.out(
    values.json === true
      ? `${JSON.stringify({ version, file, framework, techniques: outline.map(jsonOf) }, null, 2)}\n`
      : textOf(file, framework, outline),
  );
  return 0;
}

function jsonOf({ id, present, offered, reason }: TechniqueOutline): object {
  return {
    id,
    present: present.length > 0,
    places: present.map(({ line, layer, current, offer }) => ({
      line,
      layer: layer ?? null,
      current: current ?? null,
      variant: offer.variant,
      detail: offer.detail,
      removable: offer.removal !== undefined,
    })),
    offered: offered.map(({ line, layer, offer }) => ({
      line,
      layer: layer ?? null,
      title: offer.title,
      variant: offer.variant,
      detail: offer.detail,
    })),
    reason: reason ?? null,
  };
}

function textOf(
  file: string,
  framework: string | null,
  outline: readonly TechniqueOutline[],
): string {
  const lines = [`${file}: ${framework ?? 'no framework that is known'}`];
  for (const { id, title, present, offered, reason, isRelated } of outline) {
    if (isRelated && present.length + offered.length === 0) continue;
    lines.push('', `${title} (${id})`);
    for (const place of present) lines.push(`  present   ${placeText(place)}`);
    for (const place of offered) lines.push(`  can add   ${placeText(place)}`);
    if (reason !== undefined) lines.push(`  not here  ${reason}`);
  }
  return `${lines.join('\n')}\n`;
}

function placeText({ line, layer, current, offer }: PlacedOffer): string {
  const value = current === undefined ? '' : ` = ${current}`;
  const about = layer === undefined ? '' : `, ${layer}`;
  return `line ${line}${about}: ${offer.title}${value} [${offer.variant}]`;
}
