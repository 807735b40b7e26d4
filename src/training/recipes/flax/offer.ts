import type { SyntaxNode } from '../../source';
import { rangeOf } from '../../textEdit';
import type { TextEdit, TextRange } from '../../textEdit';
import type { RecipeOffer } from '../recipe';

type Facts = Pick<RecipeOffer, 'technique' | 'variant' | 'title' | 'detail'>;

/** A change that can be made. */
export function offered(
  facts: Facts,
  where: TextRange,
  edits: () => readonly TextEdit[],
): RecipeOffer {
  return { ...facts, state: 'offered', where: rangeOf(where), edits };
}

/** Why there is none, where a user might expect one. */
export function unavailable(facts: Facts, where: TextRange): RecipeOffer {
  return { ...facts, state: 'unavailable', where: rangeOf(where), edits: () => [] };
}

/** It is there already. */
export function present(
  facts: Facts,
  where: TextRange,
  parts: {
    readonly strength?: SyntaxNode | undefined;
    readonly removal?: (() => readonly TextEdit[] | undefined) | undefined;
  } = {},
): RecipeOffer {
  const { strength, removal } = parts;
  return {
    ...facts,
    state: 'present',
    where: rangeOf(where),
    edits: () => [],
    ...(strength && { strength: rangeOf(strength) }),
    ...(removal && { removal }),
  };
}

/** The edits together, or undefined where one of them cannot be made. */
export function allOf(
  ...parts: readonly (TextEdit | readonly TextEdit[] | undefined)[]
): readonly TextEdit[] | undefined {
  const edits: TextEdit[] = [];
  for (const part of parts) {
    if (part === undefined) return undefined;
    if (isOne(part)) edits.push(part);
    else edits.push(...part);
  }
  return edits;
}

function isOne(part: TextEdit | readonly TextEdit[]): part is TextEdit {
  return 'newText' in part;
}
