import { addImports } from '../../edits/addImport';
import type { QualifiedName } from '../../edits/addImport';
import { addKeyword, removeArgument } from '../../edits/keywords';
import { removeItems } from '../../edits/listItem';
import { removeUnused } from '../../edits/removal';
import type { LayerCall } from '../../keras/layerCalls';
import type { Module } from '../../module';
import type { TextEdit } from '../../textEdit';
import type { Helper } from './helpers/helper';
import { removeHelper } from './helpers/helper';

/** Gives a layer one or more keywords of one value, with the imports of that; or says why not. */
export function keywordEdits(
  module: Module,
  layer: LayerCall,
  keywords: readonly string[],
  value: QualifiedName | undefined,
): readonly TextEdit[] | string {
  const [keyword = ''] = keywords;
  if (layer.args.some(({ isSplat }) => isSplat)) {
    return `Some arguments come from * or **; whether ${keyword} is among them is not known`;
  }
  if (!value) return 'The name that this needs means something else in this file';
  const text = keywords.map((name) => `${name}=${value.text}`).join(', ');
  const edits = addKeyword(module.source, layer.call, text, `Add ${keyword}`);
  if (value.imports.length === 0) return edits;
  const imports = addImports(module.source, value.imports, layer.call);
  return imports ? [imports, ...edits] : 'The file has no imports to which one could be added';
}

/** Imports that keywords may have brought. */
const keywordImports = ['keras', 'tensorflow.keras', 'tf_keras'].flatMap((name) => [
  `from ${name} import regularizers`,
  `from ${name} import constraints`,
  `from ${name} import initializers`,
]);

/** Takes keywords out of a layer, with the helper and the import that nothing uses any more. */
export function withoutKeywords(
  module: Module,
  layer: LayerCall,
  keywords: readonly string[],
  helper?: Helper,
): readonly TextEdit[] | undefined {
  const { source } = module;
  const given = layer.args.filter(({ name }) => name !== undefined && keywords.includes(name));
  const [first] = given;
  const last = given.at(-1);
  const at = first ? layer.args.indexOf(first) : -1;
  // Two keywords side by side share a comma, so they go in one piece.
  const areNeighbours = given.every((argument, i) => layer.args[at + i] === argument);
  const cuts =
    first && last && first !== last && areNeighbours
      ? removeItems(source, { first: first.node, last: last.node }, `Remove ${first.name ?? ''}`)
      : given.flatMap((argument) =>
          removeArgument(source, layer.call, argument, `Remove ${argument.name ?? ''}`),
        );
  if (cuts.length === 0) return undefined;
  const rest = helper
    ? removeHelper(module, helper, cuts, keywordImports)
    : removeUnused(source, { imports: keywordImports }, cuts);
  return [...rest, ...cuts];
}
