import { addKeyword, removeArgument } from '../../edits/keywords';
import { keywordsOf } from '../../keras/layerKinds';
import type { LayerCall } from '../../keras/layerCalls';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { fieldOf, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import { offered, present, unavailable } from './offer';
import type { RecipeOffer } from '../recipe';
import { keywordEdits } from './keywordEdits';
import { withLossTerm, withoutPenalty } from './lossTerm';
import { readRegularizer } from './regularizerValue';
import type { RegularizerValue } from './regularizerValue';
import { kerasWritten } from './written';

const facts = {
  l1: {
    technique: 'l1',
    variant: 'keras.l1.regularizer',
    title: 'Add an L1 penalty to this layer',
  },
  l2: {
    technique: 'l2',
    variant: 'keras.l2.regularizer',
    title: 'Add an L2 penalty to this layer',
  },
} as const;

const details = {
  l1: 'Adds l1·Σ|w| of the kernel to model.losses, which fit adds to the loss. Small weights shrink but hardly ever become exactly 0; a proximal constraint does that. 1e-3 suits small layers (1e-5…1e-3): the sum grows with the number of weights.',
  l2: 'Adds l2·Σw² of the kernel to model.losses, which fit adds to the loss; biases stay free. 1e-3 is a middling start (1e-5…1e-2); the gradient is 2·l2·w. With Adam the penalty is rescaled by its adaptive step: AdamW decays apart from the gradient.',
};

/** `kernel_regularizer=L1(…)` or `L2(…)`; where the other one is there already, both as `L1L2(…)`. */
export function penaltyOffer(
  module: Module,
  layer: LayerCall,
  kind: 'l1' | 'l2',
): RecipeOffer | undefined {
  const keywords = keywordsOf(layer.type, 'regularizer');
  if (keywords.length === 0) return undefined;
  const given = layer.args.find(({ name }) => name !== undefined && keywords.includes(name));
  if (given) {
    const value = readRegularizer(module, given.value);
    if (value.kind === kind || value.kind === 'l1l2') {
      return presentOffer(module, layer, kind, value);
    }
    return combinedOffer(module, layer, kind, value);
  }
  const value = kerasWritten(module, layer.callee, `regularizers.${kind.toUpperCase()}`);
  const edits = keywordEdits(
    module,
    layer,
    keywords,
    value && { ...value, text: `${value.text}(\${1:1e-3})` },
  );
  return offered(facts[kind], layer.call, details[kind], withLossTerm(module, edits));
}

function presentOffer(
  module: Module,
  layer: LayerCall,
  kind: 'l1' | 'l2',
  value: RegularizerValue,
): RecipeOffer {
  const strength = value[kind];
  const title = kind === 'l1' ? 'L1 penalty on this layer' : 'L2 penalty on this layer';
  return present({ ...facts[kind], title }, layer.call, {
    detail: strength
      ? `${kind} is ${textOf(module.source, strength)}`
      : `${kind} is Keras' default of 0.01`,
    strength,
    removal: () =>
      value.kind === 'l1l2' ? withoutPart(module, value, kind) : withoutPenalty(module, layer),
  });
}

/** `L2(1e-4)` → `L1L2(l1=…, l2=1e-4)`; the order of the two tells whether the first had a name. */
function combinedOffer(
  module: Module,
  layer: LayerCall,
  kind: 'l1' | 'l2',
  value: RegularizerValue,
): RecipeOffer {
  const { source } = module;
  const other = kind === 'l1' ? 'l2' : 'l1';
  const callee = value.call && fieldOf(value.call, 'function');
  const name = callee && (callee.type === 'attribute' ? fieldOf(callee, 'attribute') : undefined);
  const list = value.call && fieldOf(value.call, 'arguments');
  const strength = value[other];
  const hasOne = keywordsOf(layer.type, 'regularizer').length === 1;
  if (value.kind !== other || !value.call || !name || !list || !strength || !hasOne) {
    return unavailable(
      facts[kind],
      layer.call,
      value.kind === other
        ? `This layer has an ${other.toUpperCase()} penalty that is not written as regularizers.${other.toUpperCase()}(…) here; L1L2 would hold both`
        : 'This layer has another kernel_regularizer, and it takes one',
    );
  }
  const label = `Make it L1L2`;
  const isLower = /^l[12]$/.test(textOf(source, name));
  const rename: TextEdit = {
    start: name.start,
    end: name.end,
    newText: isLower ? 'l1_l2' : 'L1L2',
    label,
  };
  const isNamed = strength.parent?.type === 'keyword_argument';
  const edits: readonly TextEdit[] =
    kind === 'l1' && !isNamed
      ? [
          {
            start: strength.start,
            end: strength.start,
            newText: 'l1=1e-3, l2=',
            stops: [{ start: 3, end: 7 }],
            label,
          },
        ]
      : addKeyword(source, value.call, `${kind}=\${1:1e-3}`, label);
  return offered(facts[kind], layer.call, details[kind], [rename, ...edits]);
}

function withoutPart(
  module: Module,
  value: RegularizerValue,
  kind: 'l1' | 'l2',
): readonly TextEdit[] | undefined {
  const { source } = module;
  const other = kind === 'l1' ? 'l2' : 'l1';
  const callee = value.call && fieldOf(value.call, 'function');
  const name: SyntaxNode | undefined = callee && fieldOf(callee, 'attribute');
  const [gone, kept] = [value[kind], value[other]];
  if (!value.call || !name || !gone || !kept) return undefined;
  const isLower = textOf(source, name) === 'l1_l2';
  const label = `Remove ${kind}`;
  const rename: TextEdit = {
    start: name.start,
    end: name.end,
    newText: isLower ? other : other.toUpperCase(),
    label,
  };
  const goneNode = gone.parent?.type === 'keyword_argument' ? gone.parent : gone;
  if (goneNode.start < kept.start && kept.parent?.type === 'keyword_argument') {
    return [rename, { start: goneNode.start, end: kept.start, newText: '', label }];
  }
  const argument = { node: goneNode, name: kind, value: gone, isSplat: false };
  const cuts = removeArgument(source, value.call, argument, label);
  return cuts.length === 0 ? undefined : [rename, ...cuts];
}
