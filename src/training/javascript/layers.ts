import { remembered } from '../remember';
import type { SyntaxNode } from '../source';
import { enclosing, nodesIn, partsOf, textOf } from '../syntax';
import type { JavaScriptModule } from './module';
import { argumentsOf, bare, calleeOf } from './syntax';

/** A layer that is made in the code. */
export interface Layer {
  /** `tf.layers.dense({…})`, or `new DropConnectDense({…})` of the file's own class. */
  readonly call: SyntaxNode;
  /** Name of the factory or class: `dense`, `DropConnectDense`. */
  readonly name: string;
  /** Whether the class is the file's own. */
  readonly isOwn: boolean;
  /** The configuration, where it is an object literal. */
  readonly config: SyntaxNode | undefined;
}

/** Layers with a kernel, and the properties that regularize and initialize it. */
const kernels: Readonly<Record<string, readonly [regularizer: string, initializer: string]>> = {
  dense: ['kernelRegularizer', 'kernelInitializer'],
  conv1d: ['kernelRegularizer', 'kernelInitializer'],
  conv2d: ['kernelRegularizer', 'kernelInitializer'],
  conv3d: ['kernelRegularizer', 'kernelInitializer'],
  conv2dTranspose: ['kernelRegularizer', 'kernelInitializer'],
  conv3dTranspose: ['kernelRegularizer', 'kernelInitializer'],
  depthwiseConv2d: ['depthwiseRegularizer', 'depthwiseInitializer'],
  embedding: ['embeddingsRegularizer', 'embeddingsInitializer'],
  simpleRNN: ['kernelRegularizer', 'kernelInitializer'],
  gru: ['kernelRegularizer', 'kernelInitializer'],
  lstm: ['kernelRegularizer', 'kernelInitializer'],
  convLstm2d: ['kernelRegularizer', 'kernelInitializer'],
};

export function regularizerProperty({ name, isOwn }: Layer): string | undefined {
  return isOwn || !Object.hasOwn(kernels, name) ? undefined : kernels[name]?.[0];
}

export function initializerProperty({ name, isOwn }: Layer): string | undefined {
  return isOwn || !Object.hasOwn(kernels, name) ? undefined : kernels[name]?.[1];
}

/** Whether the layer multiplies its input by weights. */
export function isWeighted({ name, isOwn }: Layer): boolean {
  return (
    (!isOwn && (Object.hasOwn(kernels, name) || name === 'separableConv2d')) ||
    name === 'DropConnectDense'
  );
}

export function isDropout({ name }: Layer): boolean {
  return /^(?:dropout|spatialDropout1d|gaussianDropout|alphaDropout)$/.test(name);
}

export function isActivation({ name, isOwn }: Layer): boolean {
  return !isOwn && /^(?:activation|reLU|leakyReLU|prelu|elu|thresholdedReLU|softmax)$/.test(name);
}

export function isPooling({ name }: Layer): boolean {
  return /Pool(?:ing)?\dd$/i.test(name);
}

/** Layers of the file, in the order of the text. */
export function layersIn(module: JavaScriptModule): readonly Layer[] {
  const known = shared.get(module);
  if (known) return known;
  const layers = nodesIn(module.source.root).flatMap((node) => {
    const layer = layerAt(module, node);
    // A layer from which a class takes its constructor is none of a model.
    return layer && !enclosing(node, 'class_heritage') ? [layer] : [];
  });
  shared.set(module, layers);
  return layers;
}

const shared = new WeakMap<JavaScriptModule, readonly Layer[]>();

/** The layer that the expression makes: the same object each time. */
export function layerAt(module: JavaScriptModule, node: SyntaxNode): Layer | undefined {
  const call = bare(node);
  const known = madeBy(module);
  const layer = known.get(call) ?? readLayer(module, call);
  if (layer) known.set(call, layer);
  return layer;
}

/** By module, because a node may be part of the next text's tree. */
const madeBy = remembered<JavaScriptModule, Map<SyntaxNode, Layer>>(() => new Map());

function readLayer(module: JavaScriptModule, call: SyntaxNode): Layer | undefined {
  if (call.type !== 'call_expression' && call.type !== 'new_expression') return undefined;
  const callee = calleeOf(call);
  if (!callee) return undefined;
  const args = argumentsOf(call);
  const first = args[0] && bare(args[0]);
  const config = first?.type === 'object' && args.length === 1 ? first : undefined;
  if (call.type === 'new_expression') {
    const isClass = callee.type === 'identifier' && isOwnLayer(module, callee);
    return isClass ? { call, name: textOf(module.source, callee), isOwn: true, config } : undefined;
  }
  const match = /^tf\.layers\.(\w+)$/.exec(module.names.origin(callee) ?? '');
  return match?.[1] === undefined || match[1] === 'input'
    ? undefined
    : { call, name: match[1], isOwn: false, config };
}

/** A class of this file that extends a layer. */
function isOwnLayer({ source, names }: JavaScriptModule, callee: SyntaxNode): boolean {
  const [binding, ...others] = names.lookup(textOf(source, callee), callee);
  if (binding?.kind !== 'class' || others.length > 0) return false;
  const heritage = binding.node.children.find(({ type }) => type === 'class_heritage');
  return heritage !== undefined && partsOf(heritage).length > 0;
}
