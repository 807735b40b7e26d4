import { describe, expect, it } from 'vitest';

import { optimizerName } from './optimizer';

/** Keys of the groups and of the state as torch 2.13 writes them, and as older versions did. */
const cases: [
  expected: string | undefined,
  groupKeys: string,
  stateKeys: string,
  values?: object,
][] = [
  ['SGD', 'lr momentum dampening weight_decay nesterov maximize', ''],
  ['SGD', 'lr momentum dampening weight_decay nesterov', 'momentum_buffer'],
  [
    'Adam',
    'lr betas eps weight_decay amsgrad',
    'step exp_avg exp_avg_sq',
    { decoupled_weight_decay: false },
  ],
  [
    'AdamW',
    'lr betas eps weight_decay amsgrad',
    'step exp_avg exp_avg_sq',
    { decoupled_weight_decay: true },
  ],
  ['Adam or AdamW', 'lr betas eps weight_decay amsgrad', 'step exp_avg exp_avg_sq'],
  [
    'NAdam',
    'lr betas eps weight_decay momentum_decay decoupled_weight_decay',
    'step mu_product exp_avg exp_avg_sq',
  ],
  ['RAdam', 'lr betas eps weight_decay decoupled_weight_decay', 'step exp_avg exp_avg_sq'],
  ['Adamax', 'lr betas eps weight_decay', 'step exp_avg exp_inf'],
  ['RMSprop', 'lr momentum alpha eps centered weight_decay', 'step square_avg'],
  ['Adagrad', 'lr lr_decay eps weight_decay initial_accumulator_value', 'step sum'],
  ['Adadelta', 'lr rho eps weight_decay', 'step square_avg acc_delta'],
  ['ASGD', 'lr lambd alpha t0 weight_decay', 'step eta mu ax'],
  ['Rprop', 'lr etas step_sizes', 'step prev step_size'],
  ['Adafactor', 'lr beta2_decay eps d weight_decay', 'step row_var col_var'],
  ['Muon', 'lr weight_decay momentum nesterov ns_coefficients eps ns_steps', 'momentum_buffer'],
  ['SparseAdam', 'lr betas eps maximize', 'step exp_avg exp_avg_sq'],
  ['Lion', 'lr betas weight_decay', 'exp_avg'],
  [undefined, 'lr', 'x'],
];

describe('optimizerName', () => {
  it.each(cases)('tells %s by %s and %s', (expected, groupKeys, stateKeys, values = {}) => {
    const group = Object.fromEntries(groupKeys.split(' ').map((key) => [key, 0]));
    const state = new Set(stateKeys.split(' '));
    expect(optimizerName({ ...group, ...values }, state)).toBe(expected);
  });
});
