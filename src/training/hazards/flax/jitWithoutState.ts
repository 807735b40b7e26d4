import { modelClassesOf } from '../../flax/modelClasses';
import { librariesFor } from '../../flax/names';
import { originOf } from '../../flax/optimizers';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { callsIn, fieldOf, nodesIn, partsOf, textOf } from '../../syntax';
import type { HazardFinding, PythonHazard } from '../hazard';

/** jax.jit knows nothing of the state inside an NNX module. */
export const jitWithoutState: PythonHazard = {
  id: 'flax/jit-without-state',
  title: 'Plain jax.jit around an NNX module with dropout or batch statistics',
  severity: 'warning',
  language: 'python',
  find: (module) => {
    if (!hasState(module)) return [];
    return nodesIn(module.source.root).flatMap((node) =>
      node.type === 'decorated_definition' ? findingIn(module, node) : [],
    );
  },
};

/** Whether a module of the file draws random numbers or keeps statistics. */
function hasState(module: Module): boolean {
  return modelClassesOf(module).some(
    ({ api, definition }) =>
      api === 'nnx' &&
      callsIn(definition).some((call) =>
        /^flax\.nnx\.(?:Dropout|BatchNorm)$/.test(originOf(module, call) ?? ''),
      ),
  );
}

function findingIn(module: Module, decorated: SyntaxNode): readonly HazardFinding[] {
  const { names } = module;
  const definition = fieldOf(decorated, 'definition');
  const jit = decorated.children.flatMap((node) => {
    const [target] = node.type === 'decorator' ? partsOf(node) : [];
    return target && names.origin(target) === 'jax.jit' ? [target] : [];
  })[0];
  if (definition?.type !== 'function_definition' || !jit) return [];
  // nnx.merge and nnx.split carry the state by hand, as jax.jit wants it.
  const calls = callsIn(definition);
  const byHand = calls.some((call) =>
    /^flax\.nnx\.(?:merge|split|update|state|call)$/.test(originOf(module, call) ?? ''),
  );
  const takesGradient = calls.some((call) =>
    /^flax\.nnx\.(?:value_and_grad|grad)$/.test(originOf(module, call) ?? ''),
  );
  if (byHand || (!takesGradient && !callsGlobalModel(module, calls))) return [];
  const libraries = librariesFor(module, definition, ['flax.nnx']);
  const { start, end } = jit;
  return [
    {
      message:
        'jax.jit does not carry the state of an NNX module: random streams and running statistics that change inside raise an error or are lost. nnx.jit carries them.',
      where: { start, end },
      ...(libraries?.imports.length === 0 && {
        fix: {
          title: 'Use nnx.jit',
          edits: () => [{ start, end, newText: `${libraries.text('flax.nnx')}.jit` }],
        },
      }),
    },
  ];
}

/** Whether the function calls a module that was made outside of it: `model = MLP(…)`, then `model(x)`. */
function callsGlobalModel(module: Module, calls: readonly SyntaxNode[]): boolean {
  const { source, names } = module;
  const classes = new Set(
    modelClassesOf(module).flatMap(({ api, name }) => (api === 'nnx' ? [name] : [])),
  );
  return calls.some((call) => {
    const callee = fieldOf(call, 'function');
    if (callee?.type !== 'identifier') return false;
    const [binding] = names.lookup(textOf(source, callee), callee);
    const made = binding?.kind === 'assignment' ? binding.value : undefined;
    const maker = made?.type === 'call' ? fieldOf(made, 'function') : undefined;
    return maker !== undefined && classes.has(textOf(source, maker));
  });
}
