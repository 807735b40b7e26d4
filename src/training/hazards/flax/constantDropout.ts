import { addKeyword } from '../../edits/keywords';
import { modelClassesOf } from '../../flax/modelClasses';
import { calledAttribute } from '../../flax/nnxPlaces';
import { originOf } from '../../flax/optimizers';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, callsIn, enclosing, fieldOf, partsOf, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import type { HazardFinding, PythonHazard } from '../hazard';

/** Dropout that cannot be switched: always on, always off, or not told at all. */
export const constantDropout: PythonHazard = {
  id: 'flax/constant-dropout',
  title:
    'Dropout whose deterministic is a constant, or is not given, cannot be switched off for evaluation',
  severity: 'warning',
  language: 'python',
  find: (module) => [...linenFindings(module), ...nnxFindings(module)],
};

function linenFindings(module: Module): readonly HazardFinding[] {
  const { source } = module;
  return callsIn(source.root).flatMap((construction) => {
    if (originOf(module, construction) !== 'flax.linen.Dropout') return [];
    const own = argumentsOf(source, construction);
    const use = construction.field === 'function' ? construction.parent : undefined;
    const given = use?.type === 'call' ? argumentsOf(source, use) : undefined;
    const all = [...own, ...(given ?? [])];
    // Set up in one method and called in another: its calls are not known.
    if (!given || all.some(({ isSplat }) => isSplat)) return [];
    const said = all.find(({ name }) => name === 'deterministic');
    const byPosition = own.filter(({ name }) => name === undefined).length > 3 || given.length > 1;
    const where = { start: construction.start, end: construction.end };
    const flag = flagOf(module, construction);
    if (!said) {
      if (byPosition) return [];
      const message =
        'Linen has to be told whether dropout is on: without deterministic= in the constructor or the call this raises an error.';
      const edits =
        flag && addKeyword(source, construction, `deterministic=${flag}`, 'Follow the flag');
      return [{ message, where, ...(edits && fixOf(flag, edits)) }];
    }
    return constantAt(module, said.value, flag);
  });
}

/** `self.dropout(x, deterministic=False)`, which overrides train() and eval(). */
function nnxFindings(module: Module): readonly HazardFinding[] {
  const { source } = module;
  return modelClassesOf(module).flatMap(({ api, definition }) => {
    if (api !== 'nnx') return [];
    return callsIn(definition).flatMap((use) => {
      const attribute = calledAttribute(module, use);
      if (attribute === undefined) return [];
      const [value] = module.attributes.of(definition).get(attribute) ?? [];
      if (!value || originOf(module, value) !== 'flax.nnx.Dropout') return [];
      const said = argumentsOf(source, use).find(({ name }) => name === 'deterministic');
      return said ? constantAt(module, said.value, undefined) : [];
    });
  });
}

function constantAt(
  { source }: Module,
  value: SyntaxNode,
  flag: string | undefined,
): readonly HazardFinding[] {
  const text = textOf(source, value);
  if (text !== 'True' && text !== 'False') return [];
  const message =
    text === 'False'
      ? 'deterministic is always False here: dropout stays on in evaluation.'
      : 'deterministic is always True here: dropout never drops anything, in training neither.';
  const { start, end } = value;
  const edits = flag && [{ start, end, newText: flag, label: 'Follow the flag' }];
  return [{ message, where: { start, end }, ...(edits && fixOf(flag, edits)) }];
}

function fixOf(flag: string | undefined, edits: readonly TextEdit[]): Pick<HazardFinding, 'fix'> {
  return flag === undefined
    ? {}
    : { fix: { title: `Use deterministic=${flag}`, edits: () => edits } };
}

/** `not train` or `deterministic`, from the arguments of the method around. */
function flagOf({ source }: Module, node: SyntaxNode): string | undefined {
  const method = enclosing(node, 'function_definition');
  const list = method && fieldOf(method, 'parameters');
  for (const parameter of list ? partsOf(list) : []) {
    const name =
      parameter.type === 'identifier'
        ? parameter
        : (fieldOf(parameter, 'name') ?? partsOf(parameter)[0]);
    const text = name && textOf(source, name);
    if (text === 'deterministic') return text;
    if (text !== undefined && /^(?:train|training|is_training)$/.test(text)) return `not ${text}`;
  }
  return undefined;
}
