import { filled } from '../../edits/filled';
import { restyle } from '../../javascript/edits/style';
import type { Style } from '../../javascript/edits/style';
import type { Insertion } from '../../javascript/edits/properties';
import type { SyntaxNode } from '../../source';
import type { TechniqueId } from '../../techniques/technique';
import { rangeOf } from '../../textEdit';
import type { RecipeOffer } from '../recipe';

export const framework = 'TensorFlow.js';

/** What all offers of one variant share. */
export interface Variant {
  readonly technique: TechniqueId;
  readonly variant: string;
}

/** A place where the technique cannot be added, and why. */
export function unavailable(
  variant: Variant,
  title: string,
  detail: string,
  where: SyntaxNode,
): RecipeOffer {
  return {
    ...variant,
    title,
    state: 'unavailable',
    detail,
    where: rangeOf(where),
    edits: () => [],
  };
}

/** A place where the technique is there already. */
export function present(
  variant: Variant,
  facts: {
    readonly title: string;
    readonly detail: string;
    readonly where: SyntaxNode;
    readonly strength?: SyntaxNode | undefined;
    readonly removal?: RecipeOffer['removal'];
  },
): RecipeOffer {
  const { title, detail, where, strength, removal } = facts;
  return {
    ...variant,
    title,
    state: 'present',
    detail,
    where: rangeOf(where),
    edits: () => [],
    ...(strength && { strength: rangeOf(strength) }),
    ...(removal && { removal }),
  };
}

/** Code with stops (see filled), in the file's style (see restyle). */
export function styled(pattern: string, style: Style): Insertion {
  // A stop's value stays as it is: the notation's braces must not be taken for those of an object.
  const values: string[] = [];
  const marked = pattern.replace(/\$\{\d+:([^{}]*)\}/g, (stop) => `‹${values.push(stop) - 1}›`);
  const code = restyle(marked, style);
  return filled(code.replace(/‹(\d+)›/g, (_, index: string) => values[Number(index)] ?? ''));
}
