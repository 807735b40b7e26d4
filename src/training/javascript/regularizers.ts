import type { SyntaxNode } from '../source';
import { fieldOf, partsOf, textOf } from '../syntax';
import { regularizerProperty } from './layers';
import type { Layer } from './layers';
import type { JavaScriptModule } from './module';
import { numberOf } from './numbers';
import { argumentsOf, bare, literalText, propertyOf } from './syntax';
import type { Property } from './syntax';

/** What stands in `kernelRegularizer`. */
export type KernelRegularizer =
  | { readonly kind: 'none'; readonly property: Property | undefined }
  /** `tf.regularizers.l1`, `l2` or `l1l2`. */
  | {
      readonly kind: 'l1l2';
      readonly property: Property;
      readonly factory: 'l1' | 'l2' | 'l1l2';
      /** The name of the factory in a member expression, where it can be exchanged. */
      readonly name: SyntaxNode | undefined;
      /** The argument, where it is an object literal. */
      readonly argument: SyntaxNode | undefined;
      readonly l1: Strength;
      readonly l2: Strength;
    }
  | { readonly kind: 'gram'; readonly property: Property; readonly factor: SyntaxNode | undefined }
  | { readonly kind: 'other'; readonly property: Property };

/** The strength of one of the two norms. */
export interface Strength {
  readonly isThere: boolean;
  readonly property: Property | undefined;
}

/** Reads the regularizer of a layer's kernel; undefined where the layer has none or its configuration is not literal. */
export function kernelRegularizer(
  module: JavaScriptModule,
  layer: Layer,
): KernelRegularizer | undefined {
  const key = regularizerProperty(layer);
  const { config } = layer;
  if (key === undefined || !config) return undefined;
  const property = propertyOf(module.source, config, key);
  if (!property) return { kind: 'none', property: undefined };
  if (!property.value) return { kind: 'other', property };
  const value = bare(property.value);
  if (/^(?:null|undefined)$/.test(textOf(module.source, value))) return { kind: 'none', property };
  return ofFactory(module, property, value) ?? ofObject(module, property, value);
}

function ofFactory(
  { source, names }: JavaScriptModule,
  property: Property,
  value: SyntaxNode,
): KernelRegularizer | undefined {
  const isName = literalText(source, value) === 'l1l2';
  const callee = value.type === 'call_expression' ? fieldOf(value, 'function') : undefined;
  const match = /^tf\.regularizers\.(l1|l2|l1l2)$/.exec((callee && names.origin(callee)) ?? '');
  const factory = isName ? 'l1l2' : match?.[1];
  if (factory !== 'l1' && factory !== 'l2' && factory !== 'l1l2') return undefined;
  const [first] = callee ? argumentsOf(value) : [];
  const given = first && bare(first);
  const argument = given?.type === 'object' ? given : undefined;
  const name = callee?.type === 'member_expression' ? fieldOf(callee, 'property') : undefined;
  const strength = (key: 'l1' | 'l2'): Strength => {
    const found = argument && propertyOf(source, argument, key);
    const isZero = found?.value?.type === 'number' && Number(textOf(source, found.value)) === 0;
    // What is not said is 0.01, also the other half of l1l2.
    const isPossible = factory === 'l1l2' || factory === key;
    return { isThere: isPossible && !isZero, property: found };
  };
  return {
    kind: 'l1l2',
    property,
    factory,
    name,
    argument,
    l1: strength('l1'),
    l2: strength('l2'),
  };
}

function ofObject(
  module: JavaScriptModule,
  property: Property,
  value: SyntaxNode,
): KernelRegularizer {
  const { source } = module;
  if (literalText(source, value) === gramName) return { kind: 'gram', property, factor: undefined };
  if (value.type !== 'object') return { kind: 'other', property };
  const className = propertyOf(source, value, 'className')?.value;
  if (!className || literalText(source, className) !== gramName) return { kind: 'other', property };
  const config = propertyOf(source, value, 'config')?.value;
  const factor =
    config?.type === 'object' ? propertyOf(source, config, 'factor')?.value : undefined;
  return {
    kind: 'gram',
    property,
    factor: factor && numberOf(module, factor) !== undefined ? factor : undefined,
  };
}

/** The class that penalizes WᵀW − I. */
export const gramName = 'GramRegularizer';

/** Whether some layer of the file has a regularizer. */
export function hasRegularizers(module: JavaScriptModule, layers: readonly Layer[]): boolean {
  return layers.some(({ config }) =>
    (config ? partsOf(config) : []).some((node) => {
      const key = fieldOf(node, 'key');
      const value = fieldOf(node, 'value');
      const isNothing = value && /^(?:null|undefined)$/.test(textOf(module.source, value));
      return key && /Regularizer$/.test(textOf(module.source, key)) && isNothing !== true;
    }),
  );
}
