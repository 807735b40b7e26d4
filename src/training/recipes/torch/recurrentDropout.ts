import { addKeyword } from '../../edits/keywords';
import { emptyEnvironment, integerOf } from '../../evaluate';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, argumentValue, callsIn, fieldOf, textOf } from '../../syntax';
import { isBroken } from '../brokenCode';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { keywordRemoval } from './dropoutPresent';
import { isZero } from './parameterGroups';

/** Dropout between the stacked layers of an LSTM, a GRU or a plain RNN. */
export const recurrentDropout: PythonRecipe = {
  technique: 'dropout',
  framework: 'PyTorch',
  language: 'python',
  find: (module) =>
    callsIn(module.source.root).flatMap((call) => {
      const callee = fieldOf(call, 'function');
      const origin = callee && module.names.origin(callee);
      const name = /^torch\.nn\.(LSTM|GRU|RNN)$/.exec(origin ?? '')?.[1];
      return name === undefined || isBroken(call) ? [] : offerFor(module, call, name);
    }),
};

const rate = '0.2';

function offerFor(module: Module, call: SyntaxNode, name: string): readonly RecipeOffer[] {
  const { source } = module;
  const args = argumentsOf(source, call);
  if (args.some(({ isSplat }) => isSplat)) return [];
  // nn.RNN has its nonlinearity between num_layers and bias.
  const value = argumentValue(args, 'dropout', name === 'RNN' ? 6 : 5);
  const offer = {
    technique: 'dropout' as const,
    variant: 'torch.dropout.recurrent',
    where: { start: call.start, end: call.end },
    edits: () => [],
  };
  if (value && !isZero(source, value)) {
    return [
      {
        ...offer,
        title: `Dropout in nn.${name}`,
        state: 'present',
        detail: `Its probability is ${textOf(source, value)}, on the outputs of every layer but the last`,
        strength: { start: value.start, end: value.end },
        removal: () => keywordRemoval(module, call, 'dropout'),
      },
    ];
  }
  const layers = argumentValue(args, 'num_layers', 2);
  const count = layers && integerOf(module, layers, emptyEnvironment);
  const title = `Add dropout to nn.${name}`;
  if (!layers || (count !== undefined && count < 2)) {
    const detail = `nn.${name} drops between stacked layers only, and here there is one (num_layers)`;
    return [{ ...offer, title, state: 'unavailable', detail }];
  }
  const keyword = `dropout=\${1:${rate}}`;
  return [
    {
      ...offer,
      title,
      state: 'offered',
      detail: `Zeroes outputs of every layer but the last with probability ${rate} in training, anew at every time step. With one layer it does nothing, and PyTorch warns.`,
      edits: () =>
        value
          ? [{ start: value.start, end: value.end, newText: rate, label: `dropout=${rate}` }]
          : addKeyword(source, call, keyword, `dropout=${rate}`),
    },
  ];
}
