import { emptyEnvironment, follow } from '../evaluate';
import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { argumentsOf, fieldOf, literalString, textOf } from '../syntax';

/** What a dataset is for. Paired: its targets are changed too (masks, images), so that the two would no longer fit. */
export type DatasetRole = 'training' | 'test' | 'paired' | 'unknown';

const splitNames = /^(?:split|subset|mode|partition|phase|image_set)$/;

/** What the dataset made by a call is for, by the call's own arguments; `keyword` is the one that the pipeline is given as. */
export function datasetRole(module: Module, call: SyntaxNode, keyword: string): DatasetRole {
  const { source } = module;
  const args = argumentsOf(source, call);
  if (keyword !== 'transform') return /transform/.test(keyword) ? 'paired' : 'unknown';
  if (
    args.some(({ name }) => /^(?:target_transforms?|transforms|co_transform)$/.test(name ?? ''))
  ) {
    return 'paired';
  }
  if (/Segmentation|Detection|Kitti|Flow|Cityscapes/.test(calleeName(module, call))) {
    return 'paired';
  }
  if (args.some(({ isSplat }) => isSplat)) return 'unknown';
  for (const { name, value } of args) {
    if (name === 'train' || name === 'is_train' || name === 'training') {
      if (value.type === 'true') return 'training';
      return value.type === 'false' ? 'test' : 'unknown';
    }
    if (name !== undefined && splitNames.test(name)) return splitRole(literalString(source, value));
  }
  // ImageFolder and its like: by the folder's name.
  const path = args.find(({ name }, index) => name === 'root' || (index === 0 && !name))?.value;
  return path ? pathRole(pathText(module, path)) : 'unknown';
}

function calleeName({ source }: Module, call: SyntaxNode): string {
  const callee = fieldOf(call, 'function');
  return callee ? textOf(source, callee) : '';
}

function splitRole(split: string | undefined): DatasetRole {
  if (split === undefined) return 'unknown';
  if (/^train/i.test(split)) return 'training';
  return /^(?:test|val|valid|validation|dev|eval)$/i.test(split) ? 'test' : 'unknown';
}

/** The expression, and what its name stands for. */
function pathText(module: Module, path: SyntaxNode): string {
  const value = follow(module, path, emptyEnvironment);
  const node = value === undefined || typeof value === 'number' ? undefined : value.node;
  return `${textOf(module.source, path)} ${node && node !== path ? textOf(module.source, node) : ''}`;
}

function pathRole(text: string): DatasetRole {
  const isTraining = /train(?!ed)/i.test(text);
  const isTest = /(?:^|[^a-z])(?:val|valid|validation|test)(?:$|[^a-z]|dir|_)/i.test(text);
  if (isTraining === isTest) return 'unknown';
  return isTraining ? 'training' : 'test';
}
