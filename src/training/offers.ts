import type { PythonSource } from './parser';
import type { RecipeOffer } from './recipes/recipe';

/** What every recipe finds in the file, in the order of the text. */
export function offersFor(source: PythonSource): readonly RecipeOffer[] {
  return source.root.hasError ? [] : [];
}

/** The offers at a cursor: those whose statement holds the offset. */
export function offersAt(source: PythonSource, offset: number): readonly RecipeOffer[] {
  return offersFor(source).filter(({ where }) => where.start <= offset && offset <= where.end);
}
