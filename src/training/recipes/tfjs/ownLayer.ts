import { planHelper, removeHelper } from '../../javascript/edits/helper';
import type { Helper } from '../../javascript/edits/helper';
import { appendItem, removeItem } from '../../javascript/edits/properties';
import { styleOf } from '../../javascript/edits/style';
import type { Layer } from '../../javascript/layers';
import type { JavaScriptModule } from '../../javascript/module';
import { calleeOf, propertyOf } from '../../javascript/syntax';
import type { TextEdit } from '../../textEdit';
import { styled } from './offer';

/** `tf.layers.dense({…})` → `new DropConnectDense({…, rate: 0.5})`; undefined where the class cannot be added. */
export function replaceLayer(
  module: JavaScriptModule,
  layer: Layer,
  helper: Helper,
  property: string,
): readonly TextEdit[] | undefined {
  const plan = planHelper(module, helper);
  const callee = calleeOf(layer.call);
  if (!plan || !callee || !layer.config) return undefined;
  const label = `Use ${helper.name}`;
  return [
    { start: callee.start, end: callee.end, newText: `new ${helper.name}`, label },
    ...appendItem(module.source, layer.config, styled(property, styleOf(module.source)), label),
    ...plan.edits(),
  ];
}

/** The reverse: the factory instead of the class, without the property that only the class has. */
export function restoreLayer(
  module: JavaScriptModule,
  layer: Layer,
  helper: Helper,
  original: { readonly factory: string; readonly property: string },
): readonly TextEdit[] | undefined {
  const { source } = module;
  const callee = calleeOf(layer.call);
  const property = layer.config && propertyOf(source, layer.config, original.property);
  if (!callee) return undefined;
  const label = `Use ${original.factory}`;
  const cut = property ? removeItem(source, property.node, label) : [];
  return (
    cut && [
      { start: layer.call.start, end: callee.end, newText: original.factory, label },
      ...cut,
      ...removeHelper(module, helper, [callee]),
    ]
  );
}
