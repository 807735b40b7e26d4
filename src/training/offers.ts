import { lineEnd, lineStart } from './edits/layout';
import type { PythonSource } from './parser';
import type { RecipeOffer } from './recipes/recipe';
import { recipes } from './recipes';

/** What every recipe finds in the file, in the order of the text. */
export function offersFor(source: PythonSource): readonly RecipeOffer[] {
  return recipes
    .flatMap((recipe) => recipe.find(source))
    .sort((a, b) => a.where.start - b.where.start);
}

/** The offers at a cursor: those on whose lines it stands. */
export function offersAt(source: PythonSource, offset: number): readonly RecipeOffer[] {
  const { text } = source;
  return offersFor(source).filter(
    ({ where }) => lineStart(text, where.start) <= offset && offset <= lineEnd(text, where.end),
  );
}
