import { emptyEnvironment, follow } from '../evaluate';
import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { argumentsOf, callsIn, fieldOf, nodesIn, partsOf, textOf } from '../syntax';
import { datasetRole } from './dataRoles';
import type { DatasetRole } from './dataRoles';

/** One transform of a pipeline. */
export interface Transform {
  readonly node: SyntaxNode;
  /** `RandomAffine`; empty for what is not torchvision's. */
  readonly name: string;
  /** For `*transform.transforms`: the pipeline it stands for. */
  readonly base: string | undefined;
}

/** A place where a pipeline is handed to a dataset. */
export interface PipelineUse {
  readonly node: SyntaxNode;
  readonly role: DatasetRole;
  /** Last part of the dataset's class: `CIFAR10`. */
  readonly dataset: string;
}

/** `transforms.Compose([…])`. */
export interface Pipeline {
  readonly compose: SyntaxNode;
  /** `torchvision.transforms`, or its second version. */
  readonly library: 'torchvision.transforms' | 'torchvision.transforms.v2';
  readonly transforms: readonly Transform[];
  /** The variable that holds it; undefined where it stands in the dataset's call. */
  readonly name: string | undefined;
  readonly uses: readonly PipelineUse[];
  /** Which data it serves. Unknown unless every use says so. */
  readonly role: DatasetRole | 'shared';
}

/** The pipelines of a file whose elements stand in one list. */
export function pipelinesOf(module: Module): readonly Pipeline[] {
  return callsIn(module.source.root).flatMap((compose) => {
    const callee = fieldOf(compose, 'function');
    const origin = callee && module.names.origin(callee);
    const library = /^(torchvision\.transforms(?:\.v2)?)\.Compose$/.exec(origin ?? '')?.[1];
    const [first, ...others] = argumentsOf(module.source, compose);
    if (library === undefined || first?.value.type !== 'list' || others.length > 0) return [];
    const name = variableOf(module, compose);
    const uses = usesOf(module, compose, name);
    return [
      {
        compose,
        library:
          library === 'torchvision.transforms' ? library : ('torchvision.transforms.v2' as const),
        transforms: partsOf(first.value).map((node) => transformOf(module, node)),
        name,
        uses,
        role: roleOf(uses),
      },
    ];
  });
}

function transformOf(module: Module, node: SyntaxNode): Transform {
  const { source, names } = module;
  if (node.type === 'list_splat') {
    const base = /^\*\s*(\w+)\.transforms$/.exec(textOf(source, node))?.[1];
    return { node, name: '', base };
  }
  // `normalize`, of which the file says elsewhere what it is.
  const value = follow(module, node, emptyEnvironment);
  const made = value === undefined || typeof value === 'number' ? node : value.node;
  const callee = made.type === 'call' ? fieldOf(made, 'function') : undefined;
  const origin = callee && names.origin(callee);
  const name = /^torchvision\.transforms\.(?:v2\.)?(\w+)$/.exec(origin ?? '')?.[1] ?? '';
  return { node, name, base: undefined };
}

/** The name in `transform = Compose(…)`. */
function variableOf({ source }: Module, compose: SyntaxNode): string | undefined {
  const assignment = compose.field === 'right' ? compose.parent : undefined;
  const left = assignment?.type === 'assignment' ? fieldOf(assignment, 'left') : undefined;
  return left?.type === 'identifier' ? textOf(source, left) : undefined;
}

function usesOf(
  module: Module,
  compose: SyntaxNode,
  name: string | undefined,
): readonly PipelineUse[] {
  if (name === undefined) return useAt(module, compose);
  return nodesIn(module.source.root).flatMap((node) => {
    if (node.type !== 'identifier' || textOf(module.source, node) !== name) return [];
    const { parent, field } = node;
    const isBound = field === 'left' || field === 'name';
    const isAttribute = field === 'attribute';
    const bindings = module.names.lookup(name, node);
    const isOurs = bindings.length === 1 && bindings[0]?.value === compose;
    if (isBound || isAttribute || !bindings.some(({ value }) => value === compose)) return [];
    // `*transform.transforms` makes another pipeline of it.
    if (parent?.type === 'attribute' && parent.parent?.type === 'list_splat') return [];
    return isOurs ? useAt(module, node) : [{ node, role: 'unknown' as const, dataset: '' }];
  });
}

function useAt(module: Module, node: SyntaxNode): readonly PipelineUse[] {
  const { source, names } = module;
  const { parent } = node;
  if (parent?.type === 'pair') {
    const key = fieldOf(parent, 'key');
    const text = key ? textOf(source, key) : '';
    const role = /^['"]train(?:ing)?['"]$/.test(text)
      ? 'training'
      : /^['"](?:val|valid|validation|test|eval)['"]$/.test(text)
        ? 'test'
        : 'unknown';
    return [{ node, role, dataset: 'ImageFolder' }];
  }
  const list = parent?.type === 'keyword_argument' ? parent.parent : parent;
  const call = list?.type === 'argument_list' ? list.parent : undefined;
  const callee = call && fieldOf(call, 'function');
  if (!call || !callee) return [{ node, role: 'unknown', dataset: '' }];
  const keyword = parent?.type === 'keyword_argument' ? fieldOf(parent, 'name') : undefined;
  const name = keyword ? textOf(source, keyword) : 'transform';
  const dataset = (names.origin(callee) ?? textOf(source, callee)).split('.').at(-1) ?? '';
  return [{ node, role: datasetRole(module, call, name), dataset }];
}

function roleOf(uses: readonly PipelineUse[]): Pipeline['role'] {
  const roles = new Set(uses.map(({ role }) => role));
  if (roles.has('paired')) return 'paired';
  if (roles.size === 0 || roles.has('unknown')) return 'unknown';
  if (roles.size > 1) return 'shared';
  return roles.has('training') ? 'training' : 'test';
}
