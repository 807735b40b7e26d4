import type { LayerRow } from '../src/protocol/layers';

export interface Sort {
  /** `name`, `index`, `parameters`, `shape`, `dtype`, `notes`, or a metric's id. */
  readonly column: string;
  readonly descending: boolean;
}

/** What a folded group says for its layers. */
export interface GroupSum {
  readonly layerCount: number;
  readonly parameterCount: number;
  /** Over the layers measured so far, weighted by parameters. */
  readonly zeroFraction: number | undefined;
  /** √(Σ l2²) over the layers measured so far. */
  readonly l2: number | undefined;
}

export interface GroupItem {
  readonly kind: 'group';
  readonly key: string;
  readonly label: string;
  readonly level: number;
  readonly expanded: boolean;
  readonly sum: GroupSum;
}

export interface LayerItem {
  readonly kind: 'layer';
  readonly key: string;
  readonly label: string;
  readonly level: number;
  readonly row: LayerRow;
}

/** A line of the table. */
export type Item = GroupItem | LayerItem;

export interface Arrangement {
  readonly passes: (row: LayerRow) => boolean;
  readonly sort: Sort | undefined;
  readonly grouped: boolean;
  /** Keys of folded groups. */
  readonly folded: ReadonlySet<string>;
  /** Value to sort by; undefined sorts last whatever the direction. */
  readonly valueOf: (row: LayerRow, column: string) => number | string | undefined;
}

interface Node {
  readonly segment: string;
  readonly path: string;
  readonly children: Map<string, Node>;
  readonly rows: LayerRow[];
}

type Entry =
  | {
      readonly kind: 'group';
      readonly label: string;
      readonly path: string;
      readonly entries: Entry[];
    }
  | { readonly kind: 'layer'; readonly label: string; readonly row: LayerRow };

const naturalOrder = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** The lines of the table: filtered, sorted, grouped by module path, without those inside folded groups. */
export function arrange(rows: readonly LayerRow[], how: Arrangement): readonly Item[] {
  const passing = rows.filter((row) => how.passes(row));
  if (!how.grouped) {
    const entries = passing.map((row): Entry => ({ kind: 'layer', label: row.name, row }));
    return flatten(sorted(entries, how), how.folded, 1);
  }
  return flatten(sorted(entriesOf(treeOf(passing)), how), how.folded, 1);
}

/** Segments of a module path: `features.0` and `block/conv` alike. */
export function segmentsOf(name: string): readonly string[] {
  const segments = name.split(/[./]/).filter((segment) => segment !== '');
  return segments.length === 0 ? [name] : segments;
}

function treeOf(rows: readonly LayerRow[]): Node {
  const root: Node = { segment: '', path: '', children: new Map(), rows: [] };
  for (const row of rows) {
    let node = root;
    for (const segment of segmentsOf(row.name)) {
      let child = node.children.get(segment);
      if (!child) {
        const path = node.path === '' ? segment : `${node.path}.${segment}`;
        child = { segment, path, children: new Map(), rows: [] };
        node.children.set(segment, child);
      }
      node = child;
    }
    node.rows.push(row);
  }
  return root;
}

/** A group of one says nothing: its name is joined to its child's, as the explorer does with folders. */
function entriesOf(parent: Node): Entry[] {
  return [...parent.children.values()].flatMap((node) => {
    const own = node.rows.map((row): Entry => ({ kind: 'layer', label: node.segment, row }));
    const inner = entriesOf(node);
    const [only] = inner;
    if (inner.length === 1 && only) {
      return [...own, { ...only, label: `${node.segment}.${only.label}` }];
    }
    if (inner.length === 0) return own;
    return [
      ...own,
      { kind: 'group', label: node.segment, path: node.path, entries: inner } satisfies Entry,
    ];
  });
}

function sorted(entries: readonly Entry[], how: Arrangement): Entry[] {
  const { sort } = how;
  const inner = entries.map((entry) =>
    entry.kind === 'group' ? { ...entry, entries: sorted(entry.entries, how) } : entry,
  );
  if (!sort) return inner;
  const keys = new Map(inner.map((entry) => [entry, keyOf(entry, sort, how)]));
  return inner.sort((a, b) => order(keys.get(a), keys.get(b), sort.descending));
}

/** A group stands where its first layer would: sorted layers are its first entry. */
function keyOf(entry: Entry, sort: Sort, how: Arrangement): number | string | undefined {
  if (entry.kind === 'layer') return how.valueOf(entry.row, sort.column);
  const [first] = entry.entries;
  if (sort.column === 'name') return entry.path;
  return first ? keyOf(first, sort, how) : undefined;
}

function order(
  a: number | string | undefined,
  b: number | string | undefined,
  descending: boolean,
): number {
  if (a === undefined || b === undefined) {
    return Number(a === undefined) - Number(b === undefined);
  }
  const ascending =
    typeof a === 'number' && typeof b === 'number'
      ? a - b
      : naturalOrder.compare(String(a), String(b));
  return descending ? -ascending : ascending;
}

function flatten(entries: readonly Entry[], folded: ReadonlySet<string>, level: number): Item[] {
  return entries.flatMap((entry): Item[] => {
    if (entry.kind === 'layer') {
      const { row, label } = entry;
      return [{ kind: 'layer', key: `layer:${row.index}`, label, level, row }];
    }
    const key = `group:${entry.path}`;
    const expanded = !folded.has(key);
    const group: GroupItem = {
      kind: 'group',
      key,
      label: entry.label,
      level,
      expanded,
      sum: sumOf(layersOf(entry)),
    };
    return expanded ? [group, ...flatten(entry.entries, folded, level + 1)] : [group];
  });
}

function layersOf(entry: Entry): LayerRow[] {
  return entry.kind === 'layer' ? [entry.row] : entry.entries.flatMap(layersOf);
}

/** Adds up layers for the line of their group. */
export function sumOf(rows: readonly LayerRow[]): GroupSum {
  let parameterCount = 0;
  let zeros = 0;
  let weighed = 0;
  let squares = 0;
  let normed = 0;
  for (const row of rows) {
    parameterCount += row.parameterCount;
    const zeroFraction = row.metrics['zero.frac'];
    if (zeroFraction !== undefined) {
      zeros += zeroFraction * row.parameterCount;
      weighed += row.parameterCount;
    }
    const { l2 } = row.metrics;
    if (l2 !== undefined) {
      squares += l2 * l2;
      normed++;
    }
  }
  return {
    layerCount: rows.length,
    parameterCount,
    zeroFraction: weighed > 0 ? zeros / weighed : undefined,
    l2: normed > 0 ? Math.sqrt(squares) : undefined,
  };
}

/** Keys of all groups, for "fold all". */
export function groupKeysOf(rows: readonly LayerRow[]): readonly string[] {
  const keysIn = (entries: readonly Entry[]): string[] =>
    entries.flatMap((entry) =>
      entry.kind === 'group' ? [`group:${entry.path}`, ...keysIn(entry.entries)] : [],
    );
  return keysIn(entriesOf(treeOf(rows)));
}
