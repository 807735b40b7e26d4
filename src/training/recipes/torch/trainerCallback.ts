import { qualifiedName } from '../../edits/addImport';
import { insertHelper } from '../../edits/helper';
import { addKeyword, removeArgument } from '../../edits/keywords';
import { insertFirstItem, insertItemAfter, removeItem } from '../../edits/listItem';
import { removeUnused } from '../../edits/removal';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, callsIn, fieldOf, nodesIn, partsOf, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import type { TrainerCall } from '../../torch/trainerCalls';

const callbackImport = 'from transformers import TrainerCallback';

/** A callback that changes every weight after each step of the optimizer. */
export interface WeightCallback {
  readonly name: string;
  readonly summary: string;
  /** The parameter of its constructor, and its value: `strength`, `${1:1e-1}`. */
  readonly parameter: string;
  readonly value: string;
  /** Statement on the weight `p` of the group `group`. */
  readonly change: (names: { readonly torch: string }) => string;
  /** The function whose call shows what a callback does: `softshrink`. */
  readonly marker: string;
}

/** Adds the callback to the Trainer. Undefined where its callbacks are no list that is written out. */
export function addCallback(
  module: Module,
  { call }: TrainerCall,
  callback: WeightCallback,
): readonly TextEdit[] | undefined {
  const { source, names } = module;
  const { root } = source;
  const base = qualifiedName(module, 'transformers.TrainerCallback', root, {
    fallback: {
      line: callbackImport,
      binds: 'TrainerCallback',
      origin: 'transformers.TrainerCallback',
    },
  });
  const torch = qualifiedName(module, 'torch', root, {
    fallback: { line: 'import torch', binds: 'torch', origin: 'torch' },
  });
  if (!base || !torch || names.lookup(callback.name, call).length > 0) return undefined;
  const code = `class ${callback.name}(${base.text}):
    """${callback.summary}"""

    def __init__(self, ${callback.parameter}):
        self.${callback.parameter} = ${callback.parameter}

    def on_optimizer_step(self, args, state, control, optimizer=None, **kwargs):
        with ${torch.text}.no_grad():
            for group in optimizer.param_groups:
                for p in group["params"]:
                    if p.grad is not None and p.ndim > 1:
                        ${callback.change({ torch: torch.text })}`;
  const label = `Add ${callback.name}`;
  const helper = insertHelper(source, code, call, label, [...base.imports, ...torch.imports]);
  const item = `${callback.name}(${callback.value})`;
  const args = argumentsOf(source, call);
  const existing = args.find(({ name }) => name === 'callbacks');
  if (args.some(({ isSplat }) => isSplat)) return undefined;
  if (!existing) return [helper, ...addKeyword(source, call, `callbacks=[${item}]`, label)];
  if (existing.value.type !== 'list') return undefined;
  const last = partsOf(existing.value).at(-1);
  const edits = last
    ? insertItemAfter(source, last, item, label)
    : insertFirstItem(existing.value, item, label);
  return [helper, ...edits];
}

/** The use of a callback of the file whose code calls the marker. */
export function callbackIn(
  module: Module,
  { call }: TrainerCall,
  marker: string,
): SyntaxNode | undefined {
  const { source, names } = module;
  const callbacks = argumentsOf(source, call).find(({ name }) => name === 'callbacks')?.value;
  return callsIn(callbacks ?? call).find((candidate) => {
    const callee = fieldOf(candidate, 'function');
    if (callee?.type !== 'identifier' || !callbacks) return false;
    const [binding] = names.lookup(textOf(source, callee), callee);
    return (
      binding?.kind === 'class' &&
      nodesIn(binding.node).some(
        (node) => node.type === 'identifier' && textOf(source, node).replace(/_$/, '') === marker,
      )
    );
  });
}

/** Takes the callback out of the list, the list where it is empty then, and the class where nothing else uses it. */
export function removeCallback(
  module: Module,
  { call }: TrainerCall,
  use: SyntaxNode,
  name: string,
): readonly TextEdit[] | undefined {
  const { source } = module;
  const argument = argumentsOf(source, call).find((candidate) => candidate.name === 'callbacks');
  const list = argument?.value;
  if (!argument || list?.type !== 'list' || use.parent !== list) return undefined;
  const label = `Remove ${name}`;
  const isOnly = partsOf(list).length === 1;
  const edits = isOnly
    ? removeArgument(source, call, argument, label)
    : removeItem(source, use, label);
  if (edits.length === 0) return undefined;
  const imports = [callbackImport, 'import torch'];
  return [...edits, ...removeUnused(source, { helpers: [name], imports }, edits)];
}
