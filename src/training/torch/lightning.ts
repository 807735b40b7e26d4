import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { fieldOf, nodesIn, partsOf, textOf, unwrapped } from '../syntax';
import { methodOf } from './modelClass';
import { lossOf } from './trainingLoss';
import type { TrainingLoss } from './trainingLoss';

const moduleOrigin =
  /^(?:lightning(?:\.pytorch)?|pytorch_lightning)(?:\.core(?:\.\w+)?)?\.LightningModule$/;

/** The classes of a file that derive from LightningModule. */
export function lightningModules({ source, names }: Module): readonly SyntaxNode[] {
  return nodesIn(source.root).filter((node) => {
    const bases = node.type === 'class_definition' ? fieldOf(node, 'superclasses') : undefined;
    return (
      bases !== undefined &&
      partsOf(bases).some((base) => moduleOrigin.test(names.origin(base) ?? ''))
    );
  });
}

/** Whether the class takes its own steps: `self.automatic_optimization = False`. */
export function stepsByHand({ source }: Module, definition: SyntaxNode): boolean {
  return /\bautomatic_optimization\s*=\s*False\b/.test(textOf(source, definition));
}

/** The loss that `training_step` returns, alone or under the key "loss". */
export function returnedLoss(module: Module, definition: SyntaxNode): TrainingLoss | undefined {
  const { source } = module;
  const method = methodOf(module, definition, 'training_step');
  if (!method || stepsByHand(module, definition)) return undefined;
  const returned = module.returnsOf(method).map((statement) => {
    const value = partsOf(statement)[0];
    return { statement, value: value && lossValue(module, unwrapped(value)) };
  });
  const [last, ...before] = [...returned].reverse();
  if (!last?.value) return undefined;
  const text = textOf(source, last.value);
  if (before.some(({ value }) => !value || textOf(source, value) !== text)) return undefined;
  return lossOf(module, last.statement, last.value)[0];
}

function lossValue({ source }: Module, value: SyntaxNode): SyntaxNode | undefined {
  if (value.type === 'dictionary') {
    const pair = partsOf(value).find((entry) => {
      const key = fieldOf(entry, 'key');
      return key !== undefined && /^['"]loss['"]$/.test(textOf(source, key));
    });
    return pair && fieldOf(pair, 'value');
  }
  if (value.type !== 'call') return value.type === 'identifier' ? value : undefined;
  // A step that is shared with validation may return anything.
  const callee = fieldOf(value, 'function');
  const name = callee && textOf(source, callee).split('.').at(-1);
  return name !== undefined && /loss|criterion|cross_entropy/i.test(name) && !/step/i.test(name)
    ? value
    : undefined;
}
