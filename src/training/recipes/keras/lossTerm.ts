import { insertAfter } from '../../edits/insertStatement';
import { removeStatement } from '../../edits/removal';
import { layerCallsIn } from '../../keras/layerCalls';
import type { LayerCall } from '../../keras/layerCalls';
import { keywordsOf } from '../../keras/layerKinds';
import { loopsWithoutLosses } from '../../keras/tapeLoops';
import type { TapeLoop } from '../../keras/tapeLoops';
import type { Module } from '../../module';
import { nodesIn, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import type { Helper } from './helpers/helper';
import { withoutKeywords } from './keywordEdits';

/** A penalty acts only through model.losses: adds them to the loss of every step that the file writes by itself. */
export function withLossTerm(
  module: Module,
  edits: readonly TextEdit[] | string,
): readonly TextEdit[] | string {
  if (typeof edits === 'string') return edits;
  return [...edits, ...loopsWithoutLosses(module).flatMap((loop) => lossEdit(module, loop) ?? [])];
}

/** Takes a layer's penalty out, and with the last one the line that adds them to the loss. */
export function withoutPenalty(
  module: Module,
  layer: LayerCall,
  helper?: Helper,
): readonly TextEdit[] | undefined {
  const cuts = withoutKeywords(module, layer, keywordsOf(layer.type, 'regularizer'), helper);
  return cuts && [...cuts, ...lossRemovals(module, layer)];
}

export function lossEdit(
  module: Module,
  { loss, model, statement }: TapeLoop,
): TextEdit | undefined {
  const line = `${loss} = ${loss} + sum(${model}.losses)`;
  return insertAfter(module.source, statement, line, 'Add the penalties to the loss');
}

function lossRemovals(module: Module, gone: LayerCall): readonly TextEdit[] {
  const { source } = module;
  const isLast = layerCallsIn(module, source.root).every(
    ({ call, args }) =>
      call === gone.call || !args.some(({ name }) => /_regularizer$/.test(name ?? '')),
  );
  if (!isLast) return [];
  return nodesIn(source.root).flatMap((node) => {
    if (node.type !== 'expression_statement') return [];
    const isOurs = /^(\w+) = \1 \+ sum\([\w.]+\.losses\)$/.test(textOf(source, node));
    return (isOurs && removeStatement(source, node, 'Take the penalties out of the loss')) || [];
  });
}
