import { statementOf } from '../edits/insertStatement';
import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { argumentsOf, callsIn, enclosing, fieldOf, nodesIn, partsOf, textOf } from '../syntax';
import type { LossPlace } from './lossPlaces';
import { ownNodes } from './optimizerSteps';
import { trainingBranch } from './trainingBranch';

/** A batch of inputs and labels on its way through the model into a loss of classification. */
export interface MixableBatch {
  /** Names of the inputs and of the labels. */
  readonly inputs: string;
  readonly labels: string;
  /** `output = model(data)`. */
  readonly forward: SyntaxNode;
  /** `criterion(output, target)`, and the labels in it. */
  readonly loss: SyntaxNode;
  readonly labelsInLoss: SyntaxNode;
  /** Cross entropy takes shares of classes as labels too; NLLLoss does not. */
  readonly takesShares: boolean;
  /** Why the batch is not to be mixed though it looks like one that could be. */
  readonly obstacle: string | undefined;
}

/**
 * The batch at a place where a model is trained: inputs and labels come from one tuple, the model takes the inputs, and a
 * loss of classification takes the outputs and the labels. Undefined for all else.
 */
export function mixableBatch(module: Module, place: LossPlace): MixableBatch | undefined {
  const { source } = module;
  const { loss } = place;
  const nodes = ownNodes(module, loss.scope);
  for (const call of nodes.filter(({ type }) => type === 'call')) {
    const kind = classification(module, call);
    const [output, labels, ...more] = argumentsOf(source, call).filter(
      ({ name }) => name === undefined,
    );
    if (!kind || !output || !labels || more.length > 0 || !isAssignedTo(module, call, place))
      continue;
    if (output.value.type !== 'identifier' || labels.value.type !== 'identifier') continue;
    const forward = nodes.find(
      (node) =>
        node.type === 'assignment' &&
        node.end <= call.start &&
        textOf(source, fieldOf(node, 'left') ?? node) === textOf(source, output.value) &&
        isModelCall(module, fieldOf(node, 'right'), place),
    );
    const right = forward && fieldOf(forward, 'right');
    const [first, ...others] = right ? argumentsOf(source, right) : [];
    if (!forward || first?.value.type !== 'identifier' || first.isSplat) continue;
    // What else the model is given would stay unmixed.
    if (others.length > 0) continue;
    const inputs = textOf(source, first.value);
    const name = textOf(source, labels.value);
    const scope = place.loss.scope;
    const isOneBatch =
      comeTogether(module, nodes, inputs, name) || areParameters(module, scope, inputs, name);
    if (inputs === name || !isOneBatch) continue;
    return {
      inputs,
      labels: name,
      forward: statementOf(forward),
      loss: call,
      labelsInLoss: labels.value,
      takesShares: kind === 'shares',
      obstacle: obstacleTo(module, { place, forward, nodes, output: output.value, labels: name }),
    };
  }
  return undefined;
}

interface Mixing {
  readonly place: LossPlace;
  readonly forward: SyntaxNode;
  readonly nodes: readonly SyntaxNode[];
  readonly output: SyntaxNode;
  readonly labels: string;
}

function obstacleTo(
  module: Module,
  { place, forward, nodes, output, labels }: Mixing,
): string | undefined {
  const { source, names } = module;
  if (trainingBranch(module, place.loss.use, forward)) {
    return 'This loop also evaluates: the forward pass is the same for both phases, and validation batches must not be mixed; a loop of its own for training would allow it';
  }
  const losses = nodes.filter((node) => {
    if (node.type !== 'call' || !classification(module, node)) return false;
    const given = argumentsOf(source, node).map(({ value }) => textOf(source, value));
    return given[0] === textOf(source, output) && given[1] === labels;
  });
  if (losses.length > 1) {
    return 'The loss of this batch is computed in more than one place, and all of them would have to be mixed; compute it once to have it mixed';
  }
  const isEmbedded = callsIn(source.root).some((call) => {
    const callee = fieldOf(call, 'function');
    return (
      callee !== undefined && /^torch\.nn\.Embedding(?:Bag)?$/.test(names.origin(callee) ?? '')
    );
  });
  return isEmbedded
    ? 'This model looks its inputs up in an embedding, and numbers of tokens cannot be mixed; mixing what the embedding gives would work'
    : undefined;
}

/** Whether the call computes the loss of the place: `loss = criterion(…)`, also with something added to it. */
function isAssignedTo({ source }: Module, call: SyntaxNode, { loss }: LossPlace): boolean {
  const assignment = enclosing(call, 'assignment');
  const left = assignment && fieldOf(assignment, 'left');
  if (!left || textOf(source, left) !== loss.name || call.end > loss.use.end) return false;
  for (let node = call; node !== assignment; node = node.parent ?? assignment) {
    if (node !== call && !/^(?:binary_operator|parenthesized_expression)$/.test(node.type))
      return false;
  }
  return true;
}

/** Whether the callee is a loss over classes, and whether it takes their shares. */
function classification(module: Module, call: SyntaxNode): 'shares' | 'classes' | undefined {
  const { source, names } = module;
  const callee = fieldOf(call, 'function');
  if (!callee) return undefined;
  switch (names.origin(callee)) {
    case 'torch.nn.functional.cross_entropy':
      return 'shares';
    case 'torch.nn.functional.nll_loss':
      return 'classes';
    default:
  }
  const origins = makersIn(module).get(textOf(source, callee)) ?? new Set<string | undefined>();
  const [origin] = origins;
  if (origins.size !== 1) return undefined;
  if (origin === 'torch.nn.CrossEntropyLoss') return 'shares';
  return origin === 'torch.nn.NLLLoss' ? 'classes' : undefined;
}

const makers = new WeakMap<Module['source'], ReadonlyMap<string, Set<string | undefined>>>();

/** The classes of what is assigned to each name of the file, by the name as it is written. */
function makersIn(module: Module): ReadonlyMap<string, Set<string | undefined>> {
  const { source } = module;
  const known = makers.get(source);
  if (known) return known;
  const found = new Map<string, Set<string | undefined>>();
  for (const node of nodesIn(source.root)) {
    const left = node.type === 'assignment' ? fieldOf(node, 'left') : undefined;
    if (!left) continue;
    const name = textOf(source, left);
    const classes = found.get(name) ?? new Set<string | undefined>();
    found.set(name, classes.add(makerOf(module, fieldOf(node, 'right'))));
  }
  makers.set(source, found);
  return found;
}

/** The class of `nn.CrossEntropyLoss()`, moved to a device or not. */
function makerOf({ source, names }: Module, value: SyntaxNode | undefined): string | undefined {
  let call = value;
  for (;;) {
    const callee = call?.type === 'call' ? fieldOf(call, 'function') : undefined;
    if (!callee) return undefined;
    const isMove = callee.type === 'attribute' && /\.(?:to|cuda)$/.test(textOf(source, callee));
    if (!isMove) return names.origin(callee);
    call = fieldOf(callee, 'object');
  }
}

function isModelCall(
  { source }: Module,
  call: SyntaxNode | undefined,
  { models, lightning }: LossPlace,
): boolean {
  const callee = call?.type === 'call' ? fieldOf(call, 'function') : undefined;
  if (!callee) return false;
  const text = textOf(source, callee);
  return models.includes(text) || (lightning !== undefined && /^self(?:\.\w+)?$/.test(text));
}

/** Whether one tuple binds both names: `for x, y in loader`, `for i, (x, y) in enumerate(loader)`, `x, y = batch`. */
function comeTogether(
  { source }: Module,
  nodes: readonly SyntaxNode[],
  inputs: string,
  labels: string,
): boolean {
  return nodes.some((node) => {
    if (node.type !== 'for_statement' && node.type !== 'assignment') return false;
    const left = fieldOf(node, 'left');
    if (!left) return false;
    return nodesIn(left).some((pattern) => {
      const bound = /pattern/.test(pattern.type) ? partsOf(pattern) : [];
      const bindsName = (name: string): boolean =>
        bound.some((part) => part.type === 'identifier' && textOf(source, part) === name);
      return bindsName(inputs) && bindsName(labels);
    });
  });
}

/** Whether the function is handed both: `def run_batch(self, source, targets)`. */
function areParameters(
  { source }: Module,
  scope: SyntaxNode,
  inputs: string,
  labels: string,
): boolean {
  const list = fieldOf(scope, 'parameters');
  const given = (list ? partsOf(list) : []).map((parameter) =>
    textOf(source, fieldOf(parameter, 'name') ?? partsOf(parameter)[0] ?? parameter),
  );
  return given.includes(inputs) && given.includes(labels);
}
