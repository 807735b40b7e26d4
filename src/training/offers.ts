import { lineEnd, lineStart } from './edits/layout';
import { mayBeOf } from './families';
import { readJavaScriptModule } from './javascript/module';
import { readModule } from './module';
import type { Source } from './source';
import type { RecipeOffer } from './recipes/recipe';
import { recipes } from './recipes';

/** What every recipe finds in the file, in the order of the text. */
export function offersFor(source: Source): readonly RecipeOffer[] {
  return recipes
    .flatMap((recipe) => {
      if (recipe.language === 'python') {
        const isIts = source.language === 'python' && mayBeOf(source, recipe.framework);
        return isIts ? recipe.find(readModule(source)) : [];
      }
      return source.language === 'python' ? [] : recipe.find(readJavaScriptModule(source));
    })
    .sort((a, b) => a.where.start - b.where.start);
}

/** The offers at a cursor: those on whose lines it stands. */
export function offersAt(source: Source, offset: number): readonly RecipeOffer[] {
  const { text } = source;
  return offersFor(source).filter(
    ({ where }) => lineStart(text, where.start) <= offset && offset <= lineEnd(text, where.end),
  );
}
