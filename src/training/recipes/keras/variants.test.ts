import { describe, expect, it } from 'vitest';

import { loadPythonParser } from '../../../../test/training/parsers';
import { readModule } from '../../module';
import { scripts } from './testScripts';
import { kerasRecipes } from './index';

const parser = await loadPythonParser();

/** `variant: line` of every offer, with its state where it is not offered. */
function offersIn(text: string): readonly string[] {
  const source = parser.parse(text);
  return kerasRecipes.flatMap((recipe) =>
    recipe.language === 'python'
      ? recipe.find(readModule(source)).map(({ variant, state, where }) => {
          const line = text.slice(0, where.start).split('\n').length;
          return `${line} ${variant.replace('keras.', '')}${state === 'offered' ? '' : ` (${state})`}`;
        })
      : [],
  );
}

describe('what is offered where', () => {
  it.each(scripts)('%s', (name, text) => {
    const offers = [...offersIn(text)].sort((a, b) => parseInt(a) - parseInt(b));
    expect(offers).toMatchSnapshot(name);
  });
});
