import type { OptimizerRecord } from '../../core/checkpoint';
import type { OptimizerNode } from './variables';

/** Slots that tell a class, or the few that share them. */
const classes: readonly (readonly [slots: string, name: string])[] = [
  ['m,v', 'Adam or AdamW'],
  ['m,v,vhat', 'Adam with amsgrad'],
  ['momentum', 'SGD with momentum'],
  ['rms', 'RMSprop'],
  ['momentum,rms', 'RMSprop with momentum'],
  ['accumulator', 'Adagrad'],
  ['accum_grad,accum_var', 'Adadelta'],
  ['accumulator,linear', 'Ftrl'],
];

/** Classes of Keras, whose variables have names in lower case. */
const kerasNames = [
  'SGD',
  'Adam',
  'AdamW',
  'RMSprop',
  'Adagrad',
  'Adadelta',
  'Adafactor',
  'Adamax',
];
const kerasClasses = new Map(
  [...kerasNames, 'Nadam', 'Ftrl', 'Lion', 'Lamb', 'Muon'].map((name) => [
    name.toLowerCase(),
    name,
  ]),
);

/** @param fullNames names of the optimizer's own variables, which begin with the optimizer's */
export function optimizerRecord(
  node: OptimizerNode,
  settings: readonly (readonly [string, number])[],
  fullNames: readonly string[],
): OptimizerRecord {
  const scopes = new Set(fullNames.filter((name) => name.includes('/')).map(scopeOf));
  const [scope] = scopes;
  const slots = [...node.slotNames].sort().join();
  const name =
    scopes.size === 1 && scope !== undefined && scope !== 'training'
      ? (kerasClasses.get(scope.toLowerCase()) ?? scope)
      : classes.find(([known]) => known === slots)?.[1];
  return {
    ...(name !== undefined && { name }),
    groups: [{ hyperparameters: Object.fromEntries(settings), parameterCount: node.variableCount }],
  };
}

/** `adam_1/learning_rate` belongs to an Adam. */
function scopeOf(name: string): string {
  return name.slice(0, name.indexOf('/')).replace(/_\d+$/, '');
}
