import { insertBefore } from '../../edits/insertStatement';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { callsIn, enclosing, fieldOf, nodesIn, partsOf, textOf } from '../../syntax';
import { kindOfOrigin } from '../../torch/modelOperations';
import type { HazardFinding, PythonHazard } from '../hazard';

/** Evaluation of a model that is still in training mode. */
export const evalMissing: PythonHazard = {
  id: 'torch/eval-missing',
  title: 'Evaluation without model.eval(), with dropout and batch statistics of training.',
  severity: 'warning',
  language: 'python',
  find: (module) => {
    const trained = trainedModels(module);
    if (trained.size === 0 || !hasModes(module)) return [];
    const evaluated = receiversOf(module, 'eval');
    if (/\.train\(\s*(?:mode\s*=\s*)?(?!\s*\)|True\b)/.test(module.source.text)) return [];
    return evaluations(module).flatMap(({ place, first }): readonly HazardFinding[] => {
      const model = callsIn(place)
        .map((call) => fieldOf(call, 'function'))
        .find(
          (callee) =>
            callee && isInLoop(callee, place) && trained.has(textOf(module.source, callee)),
        );
      if (!model) return [];
      const name = textOf(module.source, model);
      const isParameter = module.names.lookup(name, model).some(({ kind }) => kind === 'parameter');
      if (evaluated.has(name) || (isParameter && evaluated.size > 0)) return [];
      const isTrainedAgain = trained.get(name) === 'train';
      const edit = insertBefore(module.source, first, `${name}.eval()`, `${name}.eval()`);
      return [
        {
          message: `${name} is evaluated in training mode: dropout drops, and batch normalization uses, and updates, the statistics of these data`,
          where: { start: model.start, end: model.end },
          ...(isTrainedAgain && edit
            ? { fix: { title: `Call ${name}.eval() first`, edits: () => [edit] } }
            : {}),
        },
      ];
    });
  },
};

/** Functions named after evaluation, and blocks without gradients, that go through data and do not train. */
function evaluations(
  module: Module,
): readonly { readonly place: SyntaxNode; readonly first: SyntaxNode }[] {
  const { source, names } = module;
  const found: { readonly place: SyntaxNode; readonly first: SyntaxNode }[] = [];
  for (const node of nodesIn(source.root)) {
    const body = fieldOf(node, 'body');
    const first = body && partsOf(body).find(({ type }) => !isText(type));
    if (!body || !first || /\.backward\s*\(/.test(textOf(source, body))) continue;
    if (node.type === 'function_definition') {
      const name = fieldOf(node, 'name');
      const owner = enclosing(node, 'class_definition', 'function_definition');
      const isEvaluation =
        name &&
        /^(?:eval|evaluate|valid|validate|validation|val|test)(?:_?(?:epoch|one_epoch|model|loop|net|network|accuracy|loss))?$/.test(
          textOf(source, name),
        );
      const statement = firstCode(body);
      if (isEvaluation && !owner && statement) found.push({ place: node, first: statement });
    } else if (node.type === 'with_statement') {
      const isGradless = callsIn(node).some((call) => {
        const callee = fieldOf(call, 'function');
        const origin = callee && names.origin(callee);
        const isItem = enclosing(call, 'with_item', 'block')?.type === 'with_item';
        return isItem && /^torch\.(?:no_grad|inference_mode)$/.test(origin ?? '');
      });
      if (isGradless && !isInsideEvaluation(found, node)) found.push({ place: node, first: node });
    }
  }
  return found;
}

function isText(type: string): boolean {
  return type === 'comment';
}

/** The first statement behind a docstring. */
function firstCode(body: SyntaxNode): SyntaxNode | undefined {
  const [first, second] = partsOf(body);
  const isDocstring =
    first?.type === 'expression_statement' && partsOf(first)[0]?.type === 'string';
  return isDocstring ? second : first;
}

function isInsideEvaluation(
  found: readonly { readonly place: SyntaxNode }[],
  node: SyntaxNode,
): boolean {
  return found.some(({ place }) => place.start <= node.start && node.end <= place.end);
}

function isInLoop(node: SyntaxNode, place: SyntaxNode): boolean {
  for (let around = node.parent; around && around !== place.parent; around = around.parent) {
    if (around.type === 'for_statement' && around.start >= place.start) {
      const iterated = fieldOf(around, 'right');
      return iterated !== undefined && !(iterated.start <= node.start && node.end <= iterated.end);
    }
  }
  return false;
}

/** Models that the file trains: `train` where `model.train()` comes before each round, else by their parameters. */
function trainedModels(module: Module): ReadonlyMap<string, 'train' | 'parameters'> {
  const found = new Map<string, 'train' | 'parameters'>();
  if (!/\.backward\s*\(/.test(module.source.text)) return found;
  for (const name of receiversOf(module, 'parameters')) found.set(name, 'parameters');
  for (const call of callsIn(module.source.root)) {
    const name = receiverOf(module, call, 'train');
    const around = name !== undefined && enclosing(call, 'for_statement', 'function_definition');
    if (name === undefined || !around) continue;
    const isRound = /\.backward\s*\(/.test(textOf(module.source, around));
    if (isRound) found.set(name, 'train');
  }
  return found;
}

function receiversOf(module: Module, method: string): ReadonlySet<string> {
  return new Set(
    callsIn(module.source.root).flatMap((call) => receiverOf(module, call, method) ?? []),
  );
}

function receiverOf({ source }: Module, call: SyntaxNode, method: string): string | undefined {
  const callee = fieldOf(call, 'function');
  const object = callee?.type === 'attribute' ? fieldOf(callee, 'object') : undefined;
  const attribute = callee && fieldOf(callee, 'attribute');
  return object && attribute && textOf(source, attribute) === method
    ? textOf(source, object)
    : undefined;
}

/** Whether the file's models act differently in training and in evaluation, as far as it shows. */
function hasModes({ source, names }: Module): boolean {
  return callsIn(source.root).some((call) => {
    const callee = fieldOf(call, 'function');
    const origin = callee && names.origin(callee);
    const kind = kindOfOrigin(origin);
    const isOwn = kind === 'dropout' || kind === 'batchNorm';
    return isOwn || /^torchvision\.models\.\w+$|^timm\.create_model$/.test(origin ?? '');
  });
}
