import { readFile, stat } from 'node:fs/promises';

import type { Finding } from '../core/finding';
import { isJsonObject } from '../core/json';
import { UsageError } from './usage';

/** Larger ones are not read: a baseline of 3,000 layers takes some hundred kilobytes. */
const maxBaselineBytes = 64 * 2 ** 20;
const baselineVersion = 1;

/** Findings that are known and no longer make the command fail. */
export interface Baseline {
  has(path: string, finding: Finding): boolean;
}

export const emptyBaseline: Baseline = { has: () => false };

/** A finding is known when the baseline holds its rule for the same file, with at least its layers. */
export async function readBaseline(path: string): Promise<Baseline> {
  const entries = parseBaseline(await textOf(path), path);
  const layersByKey = new Map<string, Set<string>>();
  for (const { file, rule, layers } of entries) {
    const key = keyOf(file, rule);
    const known = layersByKey.get(key) ?? new Set<string>();
    for (const layer of layers) known.add(layer);
    layersByKey.set(key, known);
  }
  return {
    has: (file, { rule, layers }) => {
      const known = layersByKey.get(keyOf(file, rule));
      return known !== undefined && layers.every((layer) => known.has(layer));
    },
  };
}

/** The text of a baseline that holds these findings, in a stable order, so that it can be kept under version control. */
export function baselineText(
  files: readonly { readonly path: string; readonly findings: readonly Finding[] }[],
): string {
  const findings = files
    .flatMap(({ path, findings: found }) =>
      found.map(({ rule, name, layers }) => ({
        file: normalised(path),
        rule,
        name,
        layers: [...layers].sort(),
      })),
    )
    .map((entry) => ({ entry, key: JSON.stringify(entry) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ entry }) => entry);
  return `${JSON.stringify({ version: baselineVersion, findings }, null, 2)}\n`;
}

interface Entry {
  readonly file: string;
  readonly rule: string;
  readonly layers: readonly string[];
}

async function textOf(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > maxBaselineBytes) {
      throw new UsageError(`baseline "${path}" is ${size} bytes, the limit is ${maxBaselineBytes}`);
    }
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`cannot read baseline "${path}": ${reason}`);
  }
}

function parseBaseline(text: string, path: string): readonly Entry[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // The parser's message quotes the text; the name of the file says more.
    throw new UsageError(`baseline "${path}" is no JSON`);
  }
  const findings: unknown = isJsonObject(parsed) ? parsed['findings'] : undefined;
  if (!isJsonObject(parsed) || parsed['version'] !== baselineVersion || !isList(findings)) {
    throw new UsageError(`"${path}" is no baseline of version ${baselineVersion}`);
  }
  return findings.map((entry) => {
    if (!isEntry(entry))
      throw new UsageError(`baseline "${path}" holds an entry without file, rule and layers`);
    return entry;
  });
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isEntry(value: unknown): value is Entry {
  if (!isJsonObject(value)) return false;
  const { file, rule, layers }: { readonly [key: string]: unknown } = value;
  return (
    typeof file === 'string' &&
    typeof rule === 'string' &&
    isList(layers) &&
    layers.every((layer) => typeof layer === 'string')
  );
}

function keyOf(file: string, rule: string): string {
  return JSON.stringify([normalised(file), rule]);
}

/** The same on Windows and elsewhere, with or without `./`. */
function normalised(path: string): string {
  return path.replaceAll('\\', '/').replace(/^(\.\/)+/, '');
}
