import type { Run, RunAxis, RunFile, RunMark, RunPoint } from '../../core/series';
import { placedFiles, type PlacedFile } from './checkpointFiles';
import { hole, namePartsOf, type NamedNumber, type NameParts } from './nameParts';
import { runName } from './runName';

/** Numbers beside these words tell experiments apart, not moments of one. */
const settings =
  /^(?:lr|wd|decay|fold|folds|cv|seed|split|trial|exp|experiment|run|rank|gpu|hidden|dim|width|depth|layers?|size|bs|batchsize|v|version|alpha|beta|gamma|lambda|lam|dropout|p|k|noise|n|scale|x)$/;
const copyNames =
  /(?:^|[-_.])(?:best|last|latest|final|ema|swa|averaged?)(?:[-_.]|(?:model|checkpoint)\b|$)/i;
/** Fewer show no course. */
const fewestPoints = 2;

interface NamedFile extends PlacedFile {
  readonly parts: NameParts;
}

/** Groups files into training runs by their names; single files are no run. The run written to last comes first. */
export function findRuns(files: readonly RunFile[]): readonly Run[] {
  const named = placedFiles(files).map((one) => ({ ...one, parts: namePartsOf(one.name) }));
  const runs = [...groupedBy(named, ({ folder, parts }) => `${folder}\n${parts.skeleton}`)].flatMap(
    (group) => runsOfGroup(group),
  );
  const taken = new Set(runs.flatMap(({ points }) => points.map(({ file }) => file.path)));
  const left = named.filter(({ file }) => !taken.has(file.path));
  return runs
    .map((run) => ({ ...run, copies: copiesFor(run, runs, left) }))
    .sort((a, b) => newest(b) - newest(a) || a.id.localeCompare(b.id));
}

/** Files that a person has named as one run, in the order that their names say, else as they were written. */
export function runOfFiles(files: readonly RunFile[]): Run {
  const [found, ...more] = findRuns(files);
  if (found && more.length === 0 && found.points.length === files.length) return found;
  const points = files.map((file): RunPoint => {
    const name = file.path.split('/').at(-1) ?? file.path;
    return { file, label: name, mark: {} };
  });
  const folder = files[0]?.path.split('/').slice(0, -1).join('/') ?? '';
  return {
    id: `${folder}\nfiles`,
    name: runName(folder, ''),
    folder,
    axis: 'time',
    points: points.sort((a, b) => a.file.modifiedMs - b.file.modifiedMs),
    copies: [],
  };
}

/** Files of one skeleton: one run, or one for each value of a number that is no place in time. */
function runsOfGroup(group: readonly NamedFile[]): Run[] {
  const [first] = group;
  if (!first || group.length < fewestPoints) return [];
  const roles = rolesOf(group, first);
  const split = groupedBy(group, ({ parts }) =>
    parts.numbers.map(({ text }, index) => (roles[index] === 'split' ? text : '')).join('\n'),
  );
  return split.flatMap((files) => {
    const run = runOf(files, roles);
    return run.points.length >= fewestPoints ? [run] : [];
  });
}

type NumberRole = keyof RunMark | 'stamp' | 'split' | 'same';

/** What each number of the name stands for, from its word and from whether it changes. */
function rolesOf(group: readonly NamedFile[], first: NamedFile): readonly NumberRole[] {
  const varies = first.parts.numbers.map(({ text }, index) =>
    group.some(({ parts }) => parts.numbers[index]?.text !== text),
  );
  const decimal = (index: number): boolean =>
    group.some(({ parts }) => parts.numbers[index]?.isDecimal === true);
  const placed = first.parts.numbers.some(
    ({ quantity }, index) => (quantity === 'epoch' || quantity === 'step') && varies[index],
  );
  let counted = placed;
  let isSecond = false;
  return first.parts.numbers.map((one, index): NumberRole => {
    if (one.quantity) return one.quantity;
    if (!varies[index]) return 'same';
    if (group.every(({ parts }) => parts.numbers[index]?.isStamp === true)) return 'stamp';
    if (settings.test(one.word)) return 'split';
    if (decimal(index)) return 'score';
    if (!counted) {
      counted = true;
      return countOf(one, first);
    }
    // fairseq: `checkpoint_12_5000.pt` is epoch 12, update 5000.
    if (!isSecond && !placed && /^checkpoint/.test(first.name)) {
      isSecond = true;
      return 'step';
    }
    return 'split';
  });
}

/** What an integer without a word of its own counts, where the library that writes such names is known. */
function countOf({ word }: NamedNumber, { name, parts }: NamedFile): 'epoch' | 'step' | 'number' {
  const isFolder = name.includes('/');
  if (isFolder && /^(?:tmp-)?checkpoint-/.test(name)) return 'step';
  if (/\.pth\.tar$/.test(name)) return 'epoch';
  if (/^checkpoint_?\0(?:_\0)?\.pt$/.test(parts.skeleton)) return 'epoch';
  if (word === 'weights' || word === 'improvement') return 'epoch';
  return 'number';
}

function runOf(files: readonly NamedFile[], roles: readonly NumberRole[]): Run {
  const marked = files.map((one) => ({ one, mark: markOf(one.parts.numbers, roles) }));
  const axis = axisOf(marked.map(({ mark }) => mark));
  const place = ({ one, mark }: (typeof marked)[number]): number =>
    axis === 'time' ? one.file.modifiedMs : (mark[axis] ?? 0);
  const latest = new Map<string, (typeof marked)[number]>();
  for (const item of marked) {
    const key = axis === 'time' ? item.one.file.path : JSON.stringify(item.mark);
    const before = latest.get(key);
    // The same moment written twice: a second run over the first.
    if (!before || before.one.file.modifiedMs < item.one.file.modifiedMs) latest.set(key, item);
  }
  const ordered = [...latest.values()].sort(
    (a, b) =>
      place(a) - place(b) ||
      (a.mark.step ?? 0) - (b.mark.step ?? 0) ||
      a.one.file.modifiedMs - b.one.file.modifiedMs,
  );
  const [first] = files;
  const fixed = fixedName(first, roles);
  const folder = first?.folder ?? '';
  return {
    id: `${folder}\n${fixed}`,
    name: runName(folder, fixed),
    folder,
    axis,
    points: ordered.map(({ one, mark }) => ({
      file: one.file,
      label: labelOf(mark, axis, one.name),
      mark,
    })),
    copies: [],
  };
}

function markOf(numbers: readonly NamedNumber[], roles: readonly NumberRole[]): RunMark {
  const mark: { -readonly [K in keyof RunMark]: RunMark[K] } = {};
  for (const [index, { value }] of numbers.entries()) {
    const role = roles[index];
    if (role === undefined || role === 'stamp' || role === 'split' || role === 'same') continue;
    mark[role] ??= role === 'accuracy' ? shareOf(value) : value;
  }
  return mark;
}

/** Accuracies are written as a share or in per cent. */
export function shareOf(value: number): number {
  return value > 1.5 && value <= 100 ? value / 100 : value;
}

/** What tells all points apart, epochs before steps. */
export function axisOf(marks: readonly RunMark[]): RunAxis {
  const axes = ['epoch', 'step', 'number'] as const;
  const distinct = (axis: (typeof axes)[number]): number =>
    new Set(marks.map((mark) => mark[axis])).size;
  const usable = axes.filter((axis) => marks.every((mark) => mark[axis] !== undefined));
  return (
    usable.find((axis) => distinct(axis) === marks.length) ??
    usable.find((axis) => distinct(axis) > 1) ??
    'time'
  );
}

/** What a point is called on an axis: `epoch 12`, else the name of its file. */
export function labelOf(mark: RunMark, axis: RunAxis, name: string): string {
  const value = axis === 'time' ? undefined : mark[axis];
  if (value === undefined) return name;
  if (axis === 'number') return String(value);
  const more = axis === 'epoch' && mark.step !== undefined ? ` · step ${mark.step}` : '';
  return `${axis} ${value}${more}`;
}

/** The name with what changes in a run taken out. */
function fixedName(first: NamedFile | undefined, roles: readonly NumberRole[]): string {
  if (!first) return '';
  let index = 0;
  return first.parts.skeleton.replaceAll(hole, () => {
    const role = roles[index];
    const text = first.parts.numbers[index]?.text ?? '';
    index += 1;
    return role === 'split' || role === 'same' ? text : '#';
  });
}

/** Copies of a moment (`best.pt`) beside the only run of their folder, or the one that they are named after. */
function copiesFor(run: Run, runs: readonly Run[], left: readonly NamedFile[]): readonly RunFile[] {
  const neighbours = runs.filter(({ folder }) => folder === run.folder);
  return left
    .filter(({ folder, name }) => folder === run.folder && copyNames.test(name))
    .filter(({ name }) => neighbours.length === 1 || name.startsWith(prefixOf(run)))
    .map(({ file }) => file);
}

function prefixOf({ id }: Run): string {
  const prefix = (id.split('\n')[1] ?? '').split('#')[0] ?? '';
  return prefix === '' ? '\0' : prefix;
}

function newest({ points }: Run): number {
  return points.reduce((latest, { file }) => Math.max(latest, file.modifiedMs), 0);
}

function groupedBy<T>(items: readonly T[], keyOf: (item: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups.values()];
}
