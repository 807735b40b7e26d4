import { addKeyword } from '../../edits/keywords';
import { insertItemAfter, removeItem } from '../../edits/listItem';
import type { Module } from '../../module';
import { argumentsOf, argumentValue, nodesIn, textOf } from '../../syntax';
import type { SyntaxNode } from '../../source';
import type { TextEdit } from '../../textEdit';
import { chainsOf, isWeighted } from '../../torch/modelChains';
import type { Chain, Operation } from '../../torch/modelChains';
import { attributeStatement, attributeUses, methodOf, selfOf } from '../../torch/modelClass';
import { isBroken } from '../brokenCode';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { keywordRemoval, nonEmpty, stepRemoval } from './dropoutPresent';
import {
  addAttribute,
  importEdits,
  isFreeAttribute,
  layerName,
  together,
  wrap,
} from './layerEdits';

/**
 * Batch normalization between a layer and its activation. The layer's own bias is dropped, as the norm takes the mean away.
 *
 * @see Ioffe & Szegedy, Batch Normalization, ICML 2015
 */
export const batchNorm: PythonRecipe = {
  technique: 'batch-norm',
  framework: 'PyTorch',
  language: 'python',
  find: (module) =>
    chainsOf(module).flatMap((chain) => {
      if (isBroken(chain.operations[0]?.place ?? chain.owner)) return [];
      return chain.operations.flatMap((operation, index) => {
        const next = chain.operations[index + 1];
        if (operation.kind === 'batchNorm') return [present(module, chain, index)];
        // tanh or sigmoid of the last layer is the output itself, whose range it would set.
        const isOutput =
          /tanh|sigmoid/i.test(next?.origin ?? '') &&
          !chain.operations.slice(index + 1).some((step) => isWeighted(module, step));
        const isHidden = next?.kind === 'activation' && !isOutput;
        return isHidden ? offersFor(module, chain, operation) : [];
      });
    }),
};

interface Target {
  readonly chain: Chain;
  readonly operation: Operation;
  /** The call that makes the layer. */
  readonly made: SyntaxNode;
  readonly norm: string;
  readonly channels: SyntaxNode;
}

function offersFor(module: Module, chain: Chain, operation: Operation): readonly RecipeOffer[] {
  const target = targetOf(module, chain, operation);
  if (!target) return [];
  const bias = biasEdits(module, target);
  const edits = bias && [
    ...((chain.kind === 'sequential'
      ? elementEdits(module, target)
      : attributeEdits(module, target)) ?? []),
  ];
  if (!edits || edits.length === 0) return [];
  const kept =
    bias.length > 0
      ? 'The bias of the layer goes, since the norm takes any constant away and has a shift of its own.'
      : '';
  const keys =
    chain.kind === 'sequential'
      ? 'Later elements move by one, and so do their keys in the state dict.'
      : 'The state dict gets new keys.';
  return [
    {
      technique: 'batch-norm',
      variant:
        chain.kind === 'sequential' ? 'torch.batch-norm.element' : 'torch.batch-norm.attribute',
      title: `Add nn.${target.norm}`,
      state: 'offered',
      detail:
        `Normalizes every channel over the batch before the activation; in evaluation it uses running means, so model.eval() matters. ${kept} ${keys} ${target.norm === 'BatchNorm1d' && operation.kind === 'linear' ? 'The layer must get (batch, features), no sequences. ' : ''}Training needs batches of more than one sample; small ones (below about 16) make it noisy.`.replace(
          '  ',
          ' ',
        ),
      where: { start: operation.place.start, end: operation.place.end },
      edits: () => [...edits, ...bias],
    },
  ];
}

function targetOf(module: Module, chain: Chain, operation: Operation): Target | undefined {
  const { source } = module;
  const { kind, origin, made } = operation;
  if ((kind !== 'linear' && kind !== 'convolution') || !made) return undefined;
  const dimensions = kind === 'linear' ? '1' : /([123])d$/.exec(origin)?.[1];
  const isLazy = /\.Lazy/.test(origin);
  const name = kind === 'linear' ? 'out_features' : 'out_channels';
  const args = argumentsOf(source, made);
  const channels = argumentValue(args, name, isLazy ? 0 : 1);
  const isPlain = channels && !args.some(({ isSplat }) => isSplat);
  if (dimensions === undefined || !isPlain || /[\r\n#]/.test(textOf(source, channels))) {
    return undefined;
  }
  // A layer of sequences gives (batch, length, features), over which BatchNorm1d would mean something else.
  if (kind === 'linear' && mayBeSequence(module, chain)) return undefined;
  return { chain, operation, made, norm: `BatchNorm${dimensions}d`, channels };
}

function mayBeSequence(module: Module, { owner }: Chain): boolean {
  const definition = owner.type === 'class_definition' ? owner : module.source.root;
  return nodesIn(definition).some((node) => {
    if (node.type !== 'attribute' && node.type !== 'identifier') return false;
    const origin = module.names.origin(node) ?? '';
    return /^torch\.nn\.(?:Embedding|LSTM|GRU|RNN|MultiheadAttention|Transformer|LayerNorm|RMSNorm)|scaled_dot_product_attention$/.test(
      origin,
    );
  });
}

function elementEdits(
  module: Module,
  { chain, operation, norm, channels }: Target,
): readonly TextEdit[] | undefined {
  const name = layerName(module, norm, chain.owner);
  if (!name) return undefined;
  const pattern = `${name.text}(${textOf(module.source, channels)})`;
  return together(
    nonEmpty(insertItemAfter(module.source, operation.place, pattern, `Add ${name.text}`)),
    importEdits(module, name.imports, chain.owner),
  );
}

function attributeEdits(
  module: Module,
  { chain, operation, norm, channels }: Target,
): readonly TextEdit[] | undefined {
  const { attribute, place } = operation;
  if (attribute === undefined) return undefined;
  const name = layerName(module, norm, chain.owner);
  const [value] = module.attributes.of(chain.owner).get(attribute) ?? [];
  const follow = value && attributeStatement(module, value);
  const forward = methodOf(module, chain.owner, 'forward');
  const self = forward && selfOf(module, forward);
  const isSharedLayer = attributeUses(module, chain.owner, attribute).length !== 2;
  if (!name || !follow || self === undefined || isSharedLayer) return undefined;
  const digits = /\d+$/.exec(attribute)?.[0] ?? '';
  const free = [`bn${digits}`, `bn_${attribute}`].find((candidate) =>
    isFreeAttribute(module, chain.owner, candidate),
  );
  if (free === undefined) return undefined;
  return together(
    addAttribute(module, chain.owner, {
      name: free,
      value: `${name.text}(${textOf(module.source, channels)})`,
      follow,
    }),
    wrap(place, `${self}.${free}(`, ')', `Apply ${free}`),
    importEdits(module, name.imports, chain.owner),
  );
}

/** `bias=False`, where the layer has a bias; undefined where that is not known or where the file uses it. */
function biasEdits(
  module: Module,
  { made, operation, chain }: Target,
): readonly TextEdit[] | undefined {
  const { source } = module;
  const args = argumentsOf(source, made);
  const isLazy = /\.Lazy/.test(operation.origin);
  const isTransposed = /Transpose/.test(operation.origin);
  const position = (operation.kind === 'linear' ? 2 : isTransposed ? 8 : 7) - (isLazy ? 1 : 0);
  const bias = argumentValue(args, 'bias', position);
  const label = 'bias=False';
  if (!bias)
    return isOwnBiasUsed(module, chain) ? undefined : addKeyword(source, made, label, label);
  if (bias.type === 'false') return [];
  if (bias.type !== 'true' || isOwnBiasUsed(module, chain)) return undefined;
  return [{ start: bias.start, end: bias.end, newText: 'False', label }];
}

/** Whether some code sets or reads `.bias`, as initializations do: it would then meet None. */
function isOwnBiasUsed({ source }: Module, { owner }: Chain): boolean {
  return /\.bias\b/.test(source.text) && owner.type === 'class_definition'
    ? /\.bias\b(?!\s+is\s+not\s+None)/.test(source.text.slice(owner.start, owner.end))
    : false;
}

function present(module: Module, chain: Chain, index: number): RecipeOffer {
  const { source } = module;
  const operation = chain.operations[index];
  const place = operation?.place ?? chain.owner;
  const before = chain.operations[index - 1];
  return {
    technique: 'batch-norm',
    variant:
      chain.kind === 'sequential' ? 'torch.batch-norm.element' : 'torch.batch-norm.attribute',
    title: `Batch normalization (${operation?.origin.split('.').at(-1) ?? ''})`,
    state: 'present',
    detail:
      'Normalizes every channel over the batch; removing it gives the layer before it a bias again.',
    where: { start: place.start, end: place.end },
    edits: () => [],
    removal: () => {
      if (!operation || (before?.kind !== 'linear' && before?.kind !== 'convolution')) {
        return undefined;
      }
      const step =
        chain.kind === 'sequential'
          ? nonEmpty(removeItem(source, place, 'Remove the norm'))
          : stepRemoval(module, chain, operation);
      const bias = before.made ? biasBack(module, before.made) : [];
      return step && [...step, ...bias];
    },
  };
}

/** Takes `bias=False` out where biasEdits puts it. Elsewhere the layer had no bias before it had a norm. */
function biasBack(module: Module, made: SyntaxNode): readonly TextEdit[] {
  const last = argumentsOf(module.source, made).at(-1);
  const isOurs = last?.name === 'bias' && last.value.type === 'false';
  return (isOurs ? keywordRemoval(module, made, 'bias') : undefined) ?? [];
}
