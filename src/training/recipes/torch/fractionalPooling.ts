import { filled } from '../../edits/filled';
import { insertHelper } from '../../edits/helper';
import { removeUnused } from '../../edits/removal';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, argumentValue, callsIn, fieldOf, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import { chainsOf } from '../../torch/modelChains';
import type { Chain, Operation } from '../../torch/modelChains';
import { attributeUses, methodOf, selfOf } from '../../torch/modelClass';
import { isBroken } from '../brokenCode';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import {
  addAttribute,
  dropAttribute,
  functionalImport,
  functionalName,
  isFreeAttribute,
  layerName,
  together,
} from './layerEdits';
import { fractionalSide, halvedSide, resizeLinear, sizeChange } from './pooledSize';

const helperName = 'FractionalPool2d';
/** The attribute that takes the place of a call of `F.max_pool2d`. */
const attributeName = 'fractional_pool';
const ratio = 0.7;

const helper = (pool: string, apply: string): string =>
  `class ${helperName}(${pool}):
    """FractionalMaxPool2d with fixed pooling regions in eval mode (the stock layer stays random)."""

    def forward(self, x):
        samples = None if self.training else x.new_full((x.size(0), x.size(1), 2), 0.5)
        return ${apply}(
            x, self.kernel_size, self.output_size, self.output_ratio, _random_samples=samples
        )`;

/**
 * Fractional max pooling in place of pooling by 2.
 *
 * @see Graham, Fractional Max-Pooling, 2014
 */
export const fractionalPooling: PythonRecipe = {
  technique: 'fractional-pooling',
  framework: 'PyTorch',
  language: 'python',
  find: (module) => [
    ...chainsOf(module).flatMap((chain) =>
      chain.operations.flatMap((operation) => offerFor(module, chain, operation)),
    ),
    ...callsIn(module.source.root).flatMap((call) => presentIn(module, call)),
  ],
};

const facts = {
  technique: 'fractional-pooling',
  variant: 'torch.fractional-pooling.layer',
} as const;

function offerFor(module: Module, chain: Chain, pool: Operation): readonly RecipeOffer[] {
  if (!pool.made || isBroken(pool.made) || !halves(module, pool)) return [];
  const change = sizeChange(module, chain, pool);
  const offer = {
    ...facts,
    title: 'Max pooling → fractional pooling',
    where: { start: pool.place.start, end: pool.place.end },
    edits: () => [],
  };
  if (change.kind === 'unknown') {
    return [{ ...offer, state: 'unavailable', detail: change.reason }];
  }
  const resized =
    change.kind === 'linear'
      ? resizeLinear(module, change, (side) => fractionalSide(side, ratio))
      : [];
  const edits = together(
    resized,
    pool.attribute === undefined && chain.kind === 'forward'
      ? functionalEdits(module, chain, pool)
      : layerEdits(module, chain, pool),
  );
  if (!edits) {
    const detail =
      'The next linear layer expects another number of inputs, and how many does not stand plainly here; or the pooling is used in several places';
    return [{ ...offer, state: 'unavailable', detail }];
  }
  const inputs =
    change.kind === 'linear'
      ? ' The next linear layer gets more inputs; their number holds if the map before the pooling has an even side.'
      : '';
  return [
    {
      ...offer,
      state: 'offered',
      detail: `Pools over overlapping 2 × 2 regions at random places, so that the map shrinks to ${ratio} of its side and not to a half; in evaluation the regions are fixed, which nn.FractionalMaxPool2d does not do by itself.${inputs}`,
      edits: () => edits,
    },
  ];
}

/** `nn.MaxPool2d(2)`, `nn.MaxPool2d(2, stride=2)`, `F.max_pool2d(x, 2)`. */
function halves({ source }: Module, { origin, made }: Operation): boolean {
  const isLayer = origin === 'torch.nn.MaxPool2d';
  const isFunction = origin === 'torch.nn.functional.max_pool2d' || origin === 'torch.max_pool2d';
  if (!made || (!isLayer && !isFunction)) return false;
  const first = isFunction ? 1 : 0;
  const args = argumentsOf(source, made);
  const isTwo = (node: SyntaxNode | undefined): boolean =>
    node !== undefined && /^(?:2|\(2,\s*2\))$/.test(textOf(source, node));
  const stride = argumentValue(args, 'stride', first + 1);
  const isKnown = args.every(
    ({ name, isSplat }) =>
      !isSplat && (name === undefined || /^(?:kernel_size|stride)$/.test(name)),
  );
  const isShort = args.length <= first + 2;
  const isCovering = stride === undefined || isTwo(stride);
  return isKnown && isShort && isCovering && isTwo(argumentValue(args, 'kernel_size', first));
}

function layerEdits(
  module: Module,
  chain: Chain,
  { made, attribute }: Operation,
): readonly TextEdit[] | undefined {
  const isShared =
    attribute !== undefined && attributeUses(module, chain.owner, attribute).length !== 2;
  if (!made || isShared) return undefined;
  const label = `Use ${helperName}`;
  const { start, end } = made;
  const call = { start, end, ...filled(`${helperName}(2, output_ratio=\${1:${ratio}})`), label };
  return together(call, helperEdits(module, made));
}

/** `F.max_pool2d(x, 2)` → `self.fractional_pool(x)`. */
function functionalEdits(
  module: Module,
  chain: Chain,
  { place }: Operation,
): readonly TextEdit[] | undefined {
  const forward = methodOf(module, chain.owner, 'forward');
  const self = forward && selfOf(module, forward);
  const [input] = argumentsOf(module.source, place);
  const name = attributeName;
  if (self === undefined || !input || !isFreeAttribute(module, chain.owner, name)) return undefined;
  const label = `Use ${helperName}`;
  return together(
    addAttribute(module, chain.owner, {
      name,
      value: `${helperName}(2, output_ratio=\${1:${ratio}})`,
    }),
    { start: place.start, end: input.node.start, newText: `${self}.${name}(`, label },
    { start: input.node.end, end: place.end, newText: ')', label },
    helperEdits(module, place),
  );
}

function helperEdits(module: Module, at: SyntaxNode): readonly TextEdit[] | undefined {
  const existing = module.names.lookup(helperName, at);
  if (existing.length > 0) return existing.every(({ kind }) => kind === 'class') ? [] : undefined;
  // At module level, where names that a function imports are not seen.
  const { root } = module.source;
  const pool = layerName(module, 'FractionalMaxPool2d', root);
  const apply = functionalName(module, 'fractional_max_pool2d', root);
  if (!pool || !apply) return undefined;
  const imports = [...new Set([...pool.imports, ...apply.imports])];
  const code = helper(pool.text, apply.text);
  return [insertHelper(module.source, code, at, `Add ${helperName}`, imports)];
}

function presentIn(module: Module, call: SyntaxNode): readonly RecipeOffer[] {
  const { source, names } = module;
  const callee = fieldOf(call, 'function');
  const isOurs = callee?.type === 'identifier' && textOf(source, callee) === helperName;
  const origin = callee && names.origin(callee);
  const isStock = /^torch\.nn\.(?:FractionalMaxPool[23]d|functional\.fractional_max_pool[23]d)$/;
  // The helper's own body calls the function.
  const isInHelper = callee && callee.type !== 'identifier' && isInside(module, call);
  if (isBroken(call) || isInHelper || (!isOurs && !isStock.test(origin ?? ''))) return [];
  const strength = argumentsOf(source, call).find(({ name }) => name === 'output_ratio')?.value;
  return [
    {
      ...facts,
      title: 'Fractional pooling',
      state: 'present',
      detail: isOurs
        ? 'Pools over random regions in training and over fixed ones in evaluation'
        : 'Pools over random regions, in evaluation too',
      where: { start: call.start, end: call.end },
      edits: () => [],
      ...(strength ? { strength: { start: strength.start, end: strength.end } } : {}),
      removal: () => (isOurs && strength ? removal(module, call, strength) : undefined),
    },
  ];
}

function isInside({ source }: Module, call: SyntaxNode): boolean {
  for (let node = call.parent; node; node = node.parent) {
    const name = node.type === 'class_definition' ? fieldOf(node, 'name') : undefined;
    if (name && textOf(source, name) === helperName) return true;
  }
  return false;
}

function removal(
  module: Module,
  call: SyntaxNode,
  strength: SyntaxNode,
): readonly TextEdit[] | undefined {
  const chain = chainsOf(module).find(({ operations }) =>
    operations.some(({ made }) => made === call),
  );
  const pool = chain?.operations.find(({ made }) => made === call);
  const name = layerName(module, 'MaxPool2d', call);
  if (!chain || !pool || !name || name.imports.length > 0) return undefined;
  const change = sizeChange(module, chain, pool);
  if (change.kind === 'unknown') return undefined;
  const value = Number(textOf(module.source, strength));
  const resized =
    change.kind === 'linear' ? resizeLinear(module, change, (side) => halvedSide(side, value)) : [];
  const label = `Use ${name.text}`;
  const layer = { start: call.start, end: call.end, newText: `${name.text}(2)`, label };
  const edits = together(resized, backToFunction(module, chain, pool) ?? layer);
  if (!edits) return undefined;
  const imports = [functionalImport, 'from torch import nn'];
  return [...edits, ...removeUnused(module.source, { helpers: [helperName], imports }, edits)];
}

/** `self.fractional_pool(x)` → `F.max_pool2d(x, 2)`, where the attribute was made for it. */
function backToFunction(
  module: Module,
  { owner }: Chain,
  { place, attribute }: Operation,
): readonly TextEdit[] | undefined {
  const [input, ...others] = argumentsOf(module.source, place);
  if (attribute !== attributeName || !input || others.length > 0) return undefined;
  const apply = functionalName(module, 'max_pool2d', place);
  if (!apply || apply.imports.length > 0) return undefined;
  const label = `Use ${apply.text}`;
  const edits = [
    { start: place.start, end: input.node.start, newText: `${apply.text}(`, label },
    { start: input.node.end, end: place.end, newText: ', 2)', label },
  ];
  const statement = dropAttribute(module, owner, attributeName, [place]);
  return statement.length > 0 ? [...edits, ...statement] : undefined;
}
