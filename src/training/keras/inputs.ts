import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import {
  argumentsOf,
  argumentValue,
  callsIn,
  enclosing,
  fieldOf,
  nodesIn,
  partsOf,
  textOf,
} from '../syntax';
import { statementOf } from '../edits/insertStatement';
import { stepsOf } from './flow';
import { kerasNameOf } from './kerasName';
import type { Step } from './step';

/** Where images come into a model. */
export interface ImageInput {
  /** The call of `Input`; an element of a list, or the value of a name. */
  readonly call: SyntaxNode;
  readonly form: 'item' | 'functional';
  /** Functional: the name of the input, the statement that makes it, and its one use by a layer. */
  readonly name?: string;
  readonly statement?: SyntaxNode;
  readonly use?: SyntaxNode;
  /** The first layers behind it, as far as they follow each other. */
  readonly first: readonly Step[];
  /** Something that names a layer of Keras in the file's own way. */
  readonly callee: SyntaxNode;
}

/** Layers that may stand before the first convolution and keep an image an image. */
const imageLayers =
  /^(?:Random\w+|Rescaling|Normalization|Resizing|CenterCrop|ZeroPadding2D|GaussianNoise)$/;

/** Inputs of models whose first weights are a convolution of images. */
export function imageInputs(module: Module): readonly ImageInput[] {
  if (!module.source.text.includes('keras')) return [];
  return callsIn(module.source.root).flatMap((call) => {
    const callee = fieldOf(call, 'function');
    const name = callee && kerasNameOf(module, callee);
    if (name !== 'Input' && name !== 'layers.InputLayer') return [];
    return listInput(module, call) ?? functionalInput(module, call) ?? [];
  });
}

function listInput(module: Module, call: SyntaxNode): ImageInput | undefined {
  const step = stepsOf(module).find(({ form, node }) => form === 'item' && node === call);
  const first = step ? firstLayers(step.next[0]) : undefined;
  const callee = first?.find(({ layer }) => layer)?.layer?.callee;
  return first && callee ? { call, form: 'item', first, callee } : undefined;
}

function functionalInput(module: Module, call: SyntaxNode): ImageInput | undefined {
  const { source } = module;
  const assignment = call.field === 'right' ? call.parent : undefined;
  const left = assignment?.type === 'assignment' ? fieldOf(assignment, 'left') : undefined;
  const scope = enclosing(call, 'function_definition', 'module');
  if (left?.type !== 'identifier' || !scope) return undefined;
  const name = textOf(source, left);
  const uses = nodesIn(scope).filter(
    (node) =>
      node.type === 'identifier' &&
      node !== left &&
      node.field !== 'attribute' &&
      node.start > call.end &&
      textOf(source, node) === name &&
      !(node.field === 'name' && node.parent?.type === 'keyword_argument'),
  );
  const steps = stepsOf(module).filter(
    ({ node, form }) =>
      form === 'applied' &&
      node.type === 'call' &&
      argumentsOf(source, node).length === 1 &&
      uses.some((use) => argumentsOf(source, node)[0]?.value === use),
  );
  const [step, ...others] = steps;
  const layersOnly = uses.every(
    (use) =>
      use === argumentsOf(source, step?.node ?? call)[0]?.value || isModelArgument(module, use),
  );
  if (!step || others.length > 0 || !layersOnly) return undefined;
  const first = firstLayers(step);
  const callee = first?.find(({ layer }) => layer)?.layer?.callee;
  const use = argumentsOf(source, step.node)[0]?.value;
  if (!first || !callee || !use) return undefined;
  return { call, form: 'functional', name, statement: statementOf(call), use, first, callee };
}

function isModelArgument(module: Module, node: SyntaxNode): boolean {
  const call = enclosing(node, 'call');
  const callee = call && fieldOf(call, 'function');
  return callee !== undefined && kerasNameOf(module, callee) === 'Model';
}

/** The layers up to the first convolution; undefined where another layer comes before it. */
function firstLayers(start: Step | undefined): readonly Step[] | undefined {
  const first: Step[] = [];
  for (let step = start; step && first.length < 16; step = step.next[0]) {
    first.push(step);
    if (/^(?:Depthwise|Separable)?Conv2D$/.test(step.type ?? '')) return first;
    if (!imageLayers.test(step.type ?? '')) return undefined;
  }
  return undefined;
}

/** Range of the values that leave a `Rescaling(1.0 / 255)`; undefined for any other scale. */
export function isUnitRescaling(module: Module, { layer, type }: Step): boolean {
  const scale = type === 'Rescaling' && layer ? argumentValue(layer.args, 'scale', 0) : undefined;
  const offset = layer && argumentValue(layer.args, 'offset', 1);
  if (!scale || offset) return false;
  return (
    /^1\.?0*\s*\/\s*255(?:\.0*)?$/.test(textOf(module.source, scale)) && partsOf(scale).length > 0
  );
}
