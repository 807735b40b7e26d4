import type { Module } from '../module';
import type { Source } from '../source';
import { callsIn, fieldOf, nodesIn } from '../syntax';
import { functionalSteps } from './functionalFlow';
import { kerasNameOf } from './kerasName';
import { listSteps } from './sequentialFlow';
import type { Step } from './step';

const known = new WeakMap<Source, readonly Step[]>();

/** Every step of the models of a file, in the order of the text. */
export function stepsOf(module: Module): readonly Step[] {
  const steps = known.get(module.source) ?? readSteps(module);
  known.set(module.source, steps);
  return steps;
}

function readSteps(module: Module): readonly Step[] {
  if (!module.source.text.includes('keras')) return [];
  const { root } = module.source;
  const sequentials = callsIn(root).filter((call) => {
    const callee = fieldOf(call, 'function');
    return callee && kerasNameOf(module, callee) === 'Sequential';
  });
  const scopes = nodesIn(root).filter(
    ({ type }) => type === 'function_definition' || type === 'module',
  );
  return [
    ...sequentials.flatMap((call) => listSteps(module, call)),
    ...scopes.flatMap((scope) => functionalSteps(module, scope)),
  ].sort((a, b) => a.node.start - b.node.start);
}
