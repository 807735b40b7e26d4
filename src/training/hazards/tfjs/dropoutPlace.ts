import { removeItem } from '../../javascript/edits/properties';
import { removeStatement } from '../../javascript/edits/statements';
import { placedLayers } from '../../javascript/graph';
import type { PlacedLayer } from '../../javascript/graph';
import { isActivation, isDropout, isWeighted } from '../../javascript/layers';
import type { JavaScriptModule } from '../../javascript/module';
import { isBroken } from '../../javascript/syntax';
import type { TextEdit } from '../../textEdit';
import type { JavaScriptHazard } from '../hazard';

/** Dropout whose next layer normalizes over the batch. */
export const dropoutBeforeNorm: JavaScriptHazard = {
  id: 'tfjs/dropout-before-batch-norm',
  title: 'Dropout directly before batch normalization shifts its statistics.',
  severity: 'warning',
  language: 'javascript',
  find: (module) =>
    placedLayers(module).flatMap(({ layer, following }) => {
      const isBefore = following()[0]?.layer.name === 'batchNormalization';
      if (!isDropout(layer) || !isBefore || isBroken(layer.call)) return [];
      return [
        {
          message:
            'Dropout directly before batch normalization raises the variance that is averaged in training but not met in predict (Li et al., CVPR 2019); put it behind the normalization',
          where: { start: layer.call.start, end: layer.call.end },
        },
      ];
    }),
};

/** Dropout after the last layer with weights of a model that is written down as a whole. */
export const dropoutAtOutput: JavaScriptHazard = {
  id: 'tfjs/dropout-after-output',
  title: 'Dropout after the last layer zeroes the predictions themselves.',
  severity: 'warning',
  language: 'javascript',
  find: (module) =>
    placedLayers(module).flatMap((placed) => {
      if (!isDropout(placed.layer) || isBroken(placed.layer.call)) return [];
      if (!isAtOutput(module, placed)) return [];
      const { start, end } = placed.layer.call;
      const edits = removal(module, placed);
      return [
        {
          message: 'Dropout after the last layer zeroes predictions at random in training',
          where: { start, end },
          ...(edits && { fix: { title: 'Remove the dropout', edits: () => edits } }),
        },
      ];
    }),
};

/** The last of a sequence that ends here, behind a layer with weights. A model that goes on elsewhere is not judged. */
function isAtOutput(module: JavaScriptModule, { kind, following, anchor }: PlacedLayer): boolean {
  const rest = following();
  if (kind === 'apply' || rest.some(({ layer }) => !isActivation(layer))) return false;
  const before = placedLayers(module).filter((other) =>
    other.following().some((next) => next.anchor === anchor),
  );
  // Layers that are added under a condition or in a loop may be followed by others.
  const added = before.filter((other) => other.kind === 'add');
  const isWhole =
    kind === 'element' || added.every((other) => other.anchor.parent === anchor.parent);
  const weighted = before.filter(({ layer }) => isWeighted(layer));
  // A part of a model (a single layer and its dropout) is put into another one.
  return isWhole && weighted.length > 1 && isCompiled(module);
}

function isCompiled({ source }: JavaScriptModule): boolean {
  return /\.compile\s*\(/.test(source.text);
}

function removal(
  { source }: JavaScriptModule,
  { kind, anchor }: PlacedLayer,
): readonly TextEdit[] | undefined {
  const label = 'Remove the dropout';
  return kind === 'add'
    ? removeStatement(source, anchor, label)
    : removeItem(source, anchor, label);
}
