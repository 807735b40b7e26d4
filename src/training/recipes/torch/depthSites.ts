import { addKeyword } from '../../edits/keywords';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, callsWritten, fieldOf, nodesIn, partsOf, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';

/** The name of the rounds of a comprehension that had none. */
export const roundName = 'block_index';

/** The largest rate, that of the last block. */
const lastRate = 0.2;

/** Where the file makes instances of a class. */
export function sitesOf({ source, names }: Module, definition: SyntaxNode): readonly SyntaxNode[] {
  const name = fieldOf(definition, 'name');
  return callsWritten(source, name ? textOf(source, name) : '').filter((call) => {
    const callee = fieldOf(call, 'function');
    if (callee?.type !== 'identifier') return false;
    const [binding, ...others] = names.lookup(textOf(source, callee), callee);
    return binding?.node === definition && others.length === 0;
  });
}

/**
 * `drop_path=` for every block of a stack, growing linearly from 0 to the last one. Undefined where the blocks are not
 * made in one comprehension or one list.
 */
export function scheduleEdits(
  module: Module,
  sites: readonly SyntaxNode[],
): readonly TextEdit[] | undefined {
  const [site, ...others] = sites;
  if (!site || sites.some((call) => hasKeyword(module, call))) return undefined;
  if (others.length === 0) return comprehensionEdits(module, site);
  const list = site.parent;
  const isOneList =
    (list?.type === 'list' || list?.type === 'argument_list') &&
    others.every(({ parent }) => parent === list);
  if (!isOneList) return undefined;
  return sites.flatMap((call, index) => {
    const rate = Number(((lastRate * index) / others.length).toFixed(3));
    const text = Number.isInteger(rate) ? `${rate}.0` : `${rate}`;
    return addKeyword(module.source, call, `drop_path=\${1:${text}}`, `drop_path=${text}`);
  });
}

function hasKeyword({ source }: Module, call: SyntaxNode): boolean {
  return argumentsOf(source, call).some(({ name, isSplat }) => isSplat || name === 'drop_path');
}

/** `[Block(width) for _ in range(depth)]`. */
function comprehensionEdits(module: Module, site: SyntaxNode): readonly TextEdit[] | undefined {
  const { source } = module;
  const loop = loopOf(site);
  const iterated = loop && fieldOf(loop, 'right');
  const target = loop && fieldOf(loop, 'left');
  const isRange = iterated?.type === 'call' && /^range\s*\(/.test(textOf(source, iterated));
  const [count, ...more] = isRange ? argumentsOf(source, iterated) : [];
  if (target?.type !== 'identifier' || !count || count.isSplat || more.length > 0) {
    return undefined;
  }
  const text = textOf(source, count.value);
  if (/[\r\n#]/.test(text)) return undefined;
  const isUnnamed = textOf(source, target) === '_';
  const round = isUnnamed ? roundName : textOf(source, target);
  const length = /^[\w.]+$/.test(text) ? text : `(${text})`;
  const keyword = `drop_path=\${1:${lastRate}} * ${round} / max(${length} - 1, 1)`;
  const rename: TextEdit = {
    start: target.start,
    end: target.end,
    newText: round,
    label: 'Name the round',
  };
  return [
    ...addKeyword(source, site, keyword, 'drop_path grows to the last block'),
    ...(isUnnamed ? [rename] : []),
  ];
}

/** The one loop of the comprehension whose element is, or contains, the call. */
export function loopOf(site: SyntaxNode): SyntaxNode | undefined {
  const around = site.parent;
  if (around?.type !== 'list_comprehension' && around?.type !== 'generator_expression') {
    return undefined;
  }
  const [, loop, ...more] = partsOf(around);
  return loop?.type === 'for_in_clause' && more.length === 0 ? loop : undefined;
}

/** Whether `name` stands in the node, outside of some range. */
export function usesName(
  { source }: Module,
  node: SyntaxNode,
  name: string,
  except: SyntaxNode,
): boolean {
  return nodesIn(node).some(
    (inner) =>
      inner.type === 'identifier' &&
      textOf(source, inner) === name &&
      !(except.start <= inner.start && inner.end <= except.end),
  );
}
