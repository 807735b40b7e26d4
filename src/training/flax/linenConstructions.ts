import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { argumentsOf, callsIn, fieldOf, literalString, partsOf, textOf } from '../syntax';
import { integerIn } from './linenFields';
import type { Fields } from './linenFields';
import { classOfCall } from './modelClasses';
import type { ModelClass } from './modelClasses';

/** More rounds of a loop than this are not written out: the numbers stay open. */
const maxRounds = 256;
/** Constructions of one method: nested loops multiply. */
const maxConstructions = 2000;

/** A submodule that a compact method makes. */
export interface Construction {
  readonly call: SyntaxNode;
  /** Its name in the module: given, or the class with a number; a `*` for a number that is not known. */
  readonly name: string;
  /** Variables of the loops around it, with `@` after their names so that they are no fields. */
  readonly locals: Fields;
}

/** Numbers by class; undefined once it is not known how many there were. */
type Counters = Map<string, number | undefined>;

interface Reading {
  readonly module: Module;
  readonly classes: readonly ModelClass[];
  readonly fields: Fields;
  readonly found: Construction[];
}

/** Submodules of a compact method in the order in which they are made, as Linen names them. */
export function readConstructions(
  module: Module,
  method: SyntaxNode,
  classes: readonly ModelClass[],
  fields: Fields,
): readonly Construction[] {
  const body = fieldOf(method, 'body');
  const found: Construction[] = [];
  if (body) readBlock({ module, classes, fields, found }, body, new Map(), new Map());
  return found;
}

function readBlock(reading: Reading, block: SyntaxNode, counters: Counters, locals: Fields): void {
  for (const statement of partsOf(block)) {
    if (reading.found.length > maxConstructions) return;
    switch (statement.type) {
      case 'for_statement':
        readLoop(reading, statement, counters, locals);
        break;
      case 'while_statement':
        readOpen(reading, fieldOf(statement, 'body') ?? statement, counters, locals);
        break;
      case 'if_statement':
        readBranches(reading, statement, counters, locals);
        break;
      case 'with_statement': {
        const body = fieldOf(statement, 'body');
        if (body) readBlock(reading, body, counters, locals);
        break;
      }
      case 'function_definition':
      case 'class_definition':
      case 'decorated_definition':
        break;
      default:
        readExpression(reading, statement, counters, locals);
    }
  }
}

function readLoop(
  reading: Reading,
  statement: SyntaxNode,
  counters: Counters,
  locals: Fields,
): void {
  const { module } = reading;
  const [target, iterated] = [fieldOf(statement, 'left'), fieldOf(statement, 'right')];
  const body = fieldOf(statement, 'body');
  if (!target || !iterated || !body) return;
  const known = new Map([...reading.fields, ...locals]);
  const rounds = roundsOf(module, iterated, known);
  if (!rounds) {
    readOpen(reading, body, counters, locals);
    return;
  }
  const name = target.type === 'identifier' ? `${textOf(module.source, target)}@` : undefined;
  for (const round of rounds) {
    const inner = new Map(locals);
    if (name !== undefined) inner.set(name, round);
    readBlock(reading, body, counters, inner);
  }
}

/** `range(3)`, or a display of sizes. */
function roundsOf(
  module: Module,
  node: SyntaxNode,
  fields: Fields,
): readonly (number | undefined)[] | undefined {
  if (node.type === 'list' || node.type === 'tuple') {
    return partsOf(node).map((part) => integerIn(module, part, fields));
  }
  const callee = node.type === 'call' ? fieldOf(node, 'function') : undefined;
  if (!callee || textOf(module.source, callee) !== 'range') return undefined;
  const bounds = argumentsOf(module.source, node).map(({ value }) =>
    integerIn(module, value, fields),
  );
  const [first, second] = bounds;
  if (bounds.length > 2 || first === undefined || bounds.includes(undefined)) return undefined;
  const [start, end] = second === undefined ? [0, first] : [first, second];
  const length = Math.max(0, end - start);
  return length > maxRounds ? undefined : Array.from({ length }, (_, index) => start + index);
}

/** A body that runs an unknown number of times: all that it makes has an open number, and so has what follows. */
function readOpen(reading: Reading, body: SyntaxNode, counters: Counters, locals: Fields): void {
  for (const { prefix } of constructionsIn(reading, body)) counters.set(prefix, undefined);
  readBlock(reading, body, counters, locals);
}

function readBranches(
  reading: Reading,
  statement: SyntaxNode,
  counters: Counters,
  locals: Fields,
): void {
  const branches: SyntaxNode[] = [];
  const condition = fieldOf(statement, 'condition');
  if (condition) readExpression(reading, condition, counters, locals);
  const consequence = fieldOf(statement, 'consequence');
  if (consequence) branches.push(consequence);
  let hasElse = false;
  for (const part of statement.children) {
    if (part.type !== 'elif_clause' && part.type !== 'else_clause') continue;
    const body = fieldOf(part, 'consequence') ?? fieldOf(part, 'body');
    if (body) branches.push(body);
    hasElse ||= part.type === 'else_clause';
  }
  const before = new Map(counters);
  const after = branches.map((branch) => {
    const own: Counters = new Map(before);
    readBlock(reading, branch, own, locals);
    return own;
  });
  if (!hasElse) after.push(before);
  for (const key of new Set(after.flatMap((own) => [...own.keys()]))) {
    const counts = new Set(after.map((own) => (own.has(key) ? own.get(key) : 0)));
    counters.set(key, counts.size === 1 ? [...counts][0] : undefined);
  }
}

function readExpression(
  reading: Reading,
  node: SyntaxNode,
  counters: Counters,
  locals: Fields,
): void {
  for (const { call, prefix, isRepeated } of constructionsIn(reading, node)) {
    const given = givenName(reading.module, call);
    if (given === null) continue;
    if (given !== undefined) {
      reading.found.push({ call, name: given, locals });
      continue;
    }
    if (isRepeated) counters.set(prefix, undefined);
    const count = counters.has(prefix) ? counters.get(prefix) : 0;
    reading.found.push({ call, name: `${prefix}_${count ?? '*'}`, locals });
    counters.set(prefix, count === undefined ? undefined : count + 1);
  }
}

/** The name that a call gives; null where it is given and not literal. */
function givenName({ source }: Module, call: SyntaxNode): string | null | undefined {
  const argument = argumentsOf(source, call).find(({ name }) => name === 'name');
  if (!argument || argument.value.type === 'none') return undefined;
  const literal = literalString(source, argument.value);
  if (literal !== undefined) return literal;
  if (argument.value.type !== 'string') return null;
  const parts = argument.value.children.filter(
    ({ type }) => type === 'string_content' || type === 'interpolation',
  );
  const name = parts
    .map((part) => (part.type === 'interpolation' ? '*' : textOf(source, part)))
    .join('');
  return /^[\w*]*[A-Za-z_][\w*]*$/.test(name) ? name : null;
}

interface Found {
  readonly call: SyntaxNode;
  readonly prefix: string;
  /** In a comprehension or a lambda, which may run any number of times. */
  readonly isRepeated: boolean;
}

function constructionsIn({ module, classes }: Reading, root: SyntaxNode): readonly Found[] {
  return callsIn(root).flatMap((call) => {
    const callee = fieldOf(call, 'function');
    if (!callee) return [];
    const origin = module.names.origin(callee);
    const isLayer = origin !== undefined && /^flax\.linen\.[A-Z]\w*$/.test(origin);
    const prefix = isLayer
      ? origin.slice('flax.linen.'.length)
      : classOfCall(module, call, classes)?.name;
    if (prefix === undefined) return [];
    return [{ call, prefix, isRepeated: isRepeated(call, root) }];
  });
}

function isRepeated(call: SyntaxNode, root: SyntaxNode): boolean {
  for (let node = call.parent; node && node !== root.parent; node = node.parent) {
    if (/comprehension|generator_expression|lambda/.test(node.type)) return true;
  }
  return false;
}
