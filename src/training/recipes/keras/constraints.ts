import { emptyEnvironment, follow } from '../../evaluate';
import { kerasNameOf } from '../../keras/kerasName';
import type { LayerCall } from '../../keras/layerCalls';
import { keywordsOf } from '../../keras/layerKinds';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, fieldOf, literalString, textOf } from '../../syntax';
import { helperEdits } from './helpers/helper';
import { softThreshold } from './helpers/softThreshold';
import { keywordEdits, withoutKeywords } from './keywordEdits';
import { offered, present, unavailable } from './offer';
import type { RecipeOffer } from '../recipe';
import { kerasWritten } from './written';

/** Class of a `kernel_constraint=`, and its first argument. */
function readConstraint(
  module: Module,
  value: SyntaxNode,
): { readonly name: string; readonly strength: SyntaxNode | undefined } {
  const text = literalString(module.source, value);
  if (text !== undefined) return { name: text, strength: undefined };
  const followed = follow(module, value, emptyEnvironment);
  const node = followed !== undefined && typeof followed !== 'number' ? followed.node : value;
  const callee = node.type === 'call' ? fieldOf(node, 'function') : undefined;
  if (!callee) return { name: textOf(module.source, node), strength: undefined };
  const name = kerasNameOf(module, callee) ?? textOf(module.source, callee);
  return {
    name: name.replace(/^.*\./, ''),
    strength: argumentsOf(module.source, node)[0]?.value,
  };
}

function givenConstraint(layer: LayerCall): SyntaxNode | undefined {
  const keywords = keywordsOf(layer.type, 'constraint');
  return layer.args.find(({ name }) => name !== undefined && keywords.includes(name))?.value;
}

const proximal = {
  technique: 'l1',
  variant: 'keras.l1.proximal',
  title: 'Add sparse L1 to this layer (proximal constraint)',
} as const;

/** Proximal L1 as a constraint, which every backend applies after each update. */
export function proximalOffer(module: Module, layer: LayerCall): RecipeOffer | undefined {
  const keywords = keywordsOf(layer.type, 'constraint');
  if (keywords.length === 0) return undefined;
  const given = givenConstraint(layer);
  if (given) {
    const { name, strength } = readConstraint(module, given);
    if (name !== softThreshold.name) {
      return unavailable(
        proximal,
        layer.call,
        `This layer has a ${keywords[0] ?? ''} already, and it takes one: ${name}`,
      );
    }
    return present({ ...proximal, title: 'Sparse L1 on this layer' }, layer.call, {
      detail: `Every update shrinks each weight by ${strength ? textOf(module.source, strength) : 'a threshold'}`,
      strength,
      removal: () => withoutKeywords(module, layer, keywords, softThreshold),
    });
  }
  const helper = helperEdits(module, softThreshold, { callee: layer.callee, user: layer.call });
  if (typeof helper === 'string') return unavailable(proximal, layer.call, helper);
  const edits = keywordEdits(module, layer, keywords, {
    text: `${softThreshold.name}(\${1:5e-4})`,
    imports: [],
  });
  return offered(
    proximal,
    layer.call,
    'After every update each weight moves towards 0 by the threshold and stops there, so small weights become exactly 0, which an L1 penalty hardly ever gives. The threshold is learning rate × strength: 5e-4 stands for a strength of 0.5 at Adam’s 1e-3; it does not follow a schedule.',
    typeof edits === 'string' ? edits : [...helper, ...edits],
  );
}

const maxNorm = {
  technique: 'max-norm',
  variant: 'keras.max-norm.constraint',
  title: 'Limit the norm of each unit (MaxNorm)',
} as const;

/** `kernel_constraint=MaxNorm(…)`, whose axes are those of the inputs of one unit. */
export function maxNormOffer(module: Module, layer: LayerCall): RecipeOffer | undefined {
  const keywords = keywordsOf(layer.type, 'constraint');
  if (!/^(?:Dense|Conv[123]D)$/.test(layer.type)) return undefined;
  const given = givenConstraint(layer);
  if (given) {
    const { name, strength } = readConstraint(module, given);
    if (!/^(?:MaxNorm|max_norm|maxnorm|UnitNorm|MinMaxNorm|unit_norm|min_max_norm)$/.test(name)) {
      return undefined;
    }
    return present({ ...maxNorm, title: `${name} on this layer` }, layer.call, {
      detail: strength
        ? `The limit is ${textOf(module.source, strength)}`
        : `The limit is that of Keras' ${name}`,
      strength: /^(?:MaxNorm|max_norm)$/.test(name) ? strength : undefined,
      removal: () => withoutKeywords(module, layer, keywords),
    });
  }
  const dimensions = /^Conv(\d)D$/.exec(layer.type)?.[1];
  const axes = Array.from({ length: Number(dimensions ?? 0) + 1 }, (_, axis) => axis);
  const axis = dimensions === undefined ? '' : `, axis=[${axes.join(', ')}]`;
  const value = kerasWritten(module, layer.callee, 'constraints.MaxNorm');
  const edits = keywordEdits(
    module,
    layer,
    keywords,
    value && { ...value, text: `${value.text}(\${1:3.0}${axis})` },
  );
  return offered(
    maxNorm,
    layer.call,
    'Scales a unit’s incoming weights back to the limit after every update that made them longer; it goes well with dropout. 3 to 4 is usual.',
    edits,
  );
}
