import type { SyntaxNode } from '../../source';
import { rangeOf } from '../../textEdit';
import type { TextEdit } from '../../textEdit';
import { isBroken } from '../brokenCode';
import type { RecipeOffer } from '../recipe';

type Facts = Pick<RecipeOffer, 'technique' | 'variant' | 'title'>;

/** What a recipe says at a place where the technique is. */
export function present(
  facts: Facts,
  where: SyntaxNode,
  state: {
    readonly detail: string;
    readonly strength?: SyntaxNode | undefined;
    readonly removal?: () => readonly TextEdit[] | undefined;
  },
): RecipeOffer {
  const { detail, strength, removal } = state;
  return {
    ...facts,
    state: 'present',
    detail,
    where: rangeOf(where),
    edits: () => [],
    ...(strength && { strength: rangeOf(strength) }),
    ...(removal && !isBroken(where) && { removal }),
  };
}

export function unavailable(facts: Facts, where: SyntaxNode, detail: string): RecipeOffer {
  return { ...facts, state: 'unavailable', detail, where: rangeOf(where), edits: () => [] };
}

/** The edits, or in words why there are none; code that could not be parsed is left alone. */
export function offered(
  facts: Facts,
  where: SyntaxNode,
  detail: string,
  edits: readonly TextEdit[] | string,
): RecipeOffer {
  if (isBroken(where)) {
    return unavailable(facts, where, 'The code around this place has a syntax error');
  }
  if (typeof edits === 'string') return unavailable(facts, where, edits);
  return {
    ...facts,
    state: 'offered',
    detail,
    where: rangeOf(where),
    edits: () => edits,
  };
}
