import { insertItemAfter } from '../../edits/listItem';
import { insertAfter } from '../../edits/insertStatement';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import type { TextEdit } from '../../textEdit';
import { chainsOf } from '../../torch/modelChains';
import { attributeStatement, methodOf, selfOf } from '../../torch/modelClass';
import { madeLayer } from '../../torch/modelLayer';
import { isBroken } from '../brokenCode';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { dropoutPlaces } from './dropoutPlaces';
import type { DropoutPlace } from './dropoutPlaces';
import { presentDropout } from './dropoutPresent';
import {
  addAttribute,
  assignmentOf,
  functionalName,
  importEdits,
  isFreeAttribute,
  layerName,
  together,
  wrap,
} from './layerEdits';

/**
 * Dropout between an activation and the next layer with weights.
 *
 * @see Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting, JMLR 2014
 */
export const dropout: PythonRecipe = {
  technique: 'dropout',
  framework: 'PyTorch',
  language: 'python',
  find: (module) =>
    chainsOf(module).flatMap((chain) => {
      if (isBroken(chain.operations[0]?.place ?? chain.owner)) return [];
      return [
        ...presentDropout(module, chain),
        ...dropoutPlaces(module, chain).flatMap((place) => offersFor(module, place)),
      ];
    }),
};

function offersFor(module: Module, place: DropoutPlace): readonly RecipeOffer[] {
  const { chain } = place;
  const ways =
    chain.kind === 'sequential'
      ? [{ variant: 'torch.dropout.element', edits: elementEdits(module, place) }]
      : [
          { variant: 'torch.dropout.attribute', edits: attributeEdits(module, place) },
          { variant: 'torch.dropout.functional', edits: functionalEdits(module, place) },
        ];
  const isFunctional = (variant: string): boolean => variant.endsWith('functional');
  return ways.flatMap(({ variant, edits }): readonly RecipeOffer[] =>
    edits
      ? [
          {
            technique: 'dropout',
            variant,
            title: isFunctional(variant)
              ? `Add dropout with F.${functionOf(place)}`
              : `Add nn.${place.layer}`,
            state: 'offered',
            detail: detailOf(place),
            where: { start: place.after.place.start, end: place.after.place.end },
            edits: () => edits,
          },
        ]
      : [],
  );
}

function detailOf({ layer, rate, chain }: DropoutPlace): string {
  const what =
    layer === 'Dropout'
      ? `Zeroes each activation with probability ${rate} in training and scales the others up; nothing happens after model.eval(). ${rate} is usual for hidden layers, 0.1 to 0.2 for small ones.`
      : `Zeroes whole channels with probability ${rate} in training, since neighbouring pixels say almost the same; 0.1 to 0.2 is usual after convolutions.`;
  const hasNorm = chain.operations.some(({ kind }) => kind === 'batchNorm');
  const sentences = [
    what,
    ...(hasNorm
      ? ['Batch normalization behind it sees other variances in training than in evaluation.']
      : []),
    ...(chain.kind === 'sequential'
      ? [
          'Later elements of this Sequential move by one, and so do their keys in the state dict: an old checkpoint no longer loads by itself.',
        ]
      : []),
  ];
  return sentences.join(' ');
}

function elementEdits(module: Module, place: DropoutPlace): readonly TextEdit[] | undefined {
  const { after, layer, rate, chain } = place;
  const name = layerName(module, layer, chain.owner);
  if (!name) return undefined;
  const label = `Add ${name.text}`;
  const item = insertItemAfter(module.source, after.place, `${name.text}(p=\${1:${rate}})`, label);
  return together(
    item.length > 0 ? item : undefined,
    importEdits(module, name.imports, chain.owner),
  );
}

/** `self.dropout` in `__init__`, and its use in `forward`. One that is there is used again. */
function attributeEdits(module: Module, place: DropoutPlace): readonly TextEdit[] | undefined {
  const { after, layer, rate, chain } = place;
  const name = layerName(module, layer, chain.owner);
  const existing = existingAttribute(module, chain.owner, layer);
  const fallbackNames = layer === 'Dropout' ? ['dropout', 'drop'] : [layer.toLowerCase()];
  const attribute =
    existing ?? fallbackNames.find((free) => isFreeAttribute(module, chain.owner, free));
  if (!name || attribute === undefined) return undefined;
  const value = `${name.text}(p=\${1:${rate}})`;
  return together(
    existing === undefined ? addAttribute(module, chain.owner, { name: attribute, value }) : [],
    applied(module, after.place, chain.owner, (self) => ({
      before: `${self}.${attribute}(`,
      after: ')',
    })),
    existing === undefined ? importEdits(module, name.imports, chain.owner) : [],
  );
}

function functionalEdits(module: Module, place: DropoutPlace): readonly TextEdit[] | undefined {
  const { after, rate, chain } = place;
  const name = functionalName(module, functionOf(place), chain.owner);
  if (!name) return undefined;
  return together(
    applied(module, after.place, chain.owner, (self) => ({
      before: `${name.text}(`,
      after: `, p=\${1:${rate}}, training=${self}.training)`,
    })),
    importEdits(module, name.imports, chain.owner),
  );
}

function functionOf({ layer }: DropoutPlace): string {
  return layer.toLowerCase();
}

/** A line `x = f(x)` after the one that makes `x`, or `f(…)` around the expression. */
function applied(
  module: Module,
  place: SyntaxNode,
  definition: SyntaxNode,
  call: (self: string) => { readonly before: string; readonly after: string },
): readonly TextEdit[] | undefined {
  const forward = methodOf(module, definition, 'forward');
  const self = forward && selfOf(module, forward);
  if (self === undefined) return undefined;
  const { before, after } = call(self);
  const label = 'Apply dropout';
  const assignment = assignmentOf(module, place);
  if (!assignment) return wrap(place, before, after, label);
  const { statement, target } = assignment;
  const line = `${target} = ${before}${target}${after}`;
  const edit = insertAfter(module.source, statement, line, label);
  return edit && [edit];
}

/** An attribute of the class that already is such a layer. */
function existingAttribute(
  module: Module,
  definition: SyntaxNode,
  layer: string,
): string | undefined {
  for (const [name, [value, ...others]] of module.attributes.of(definition)) {
    if (value?.type !== 'call' || others.length > 0 || !attributeStatement(module, value)) continue;
    if (madeLayer(module, value).origin === `torch.nn.${layer}`) return name;
  }
  return undefined;
}
