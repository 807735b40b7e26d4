import type { Module } from '../module';
import type { Source } from '../source';
import { nodesIn } from '../syntax';

const known = new WeakMap<Source, { readonly by: string | undefined }>();

/** What shards the parameters of this file, so that they are flat and no longer have the shape of their layer. */
export function shardedBy(module: Module): string | undefined {
  const found = known.get(module.source) ?? { by: find(module) };
  known.set(module.source, found);
  return found.by;
}

function find({ source, names }: Module): string | undefined {
  if (!/FullyShardedDataParallel|deepspeed/.test(source.text)) return undefined;
  for (const node of nodesIn(source.root)) {
    if (node.type !== 'identifier' && node.type !== 'attribute') continue;
    const origin = names.origin(node);
    if (origin === undefined) continue;
    if (origin.endsWith('.FullyShardedDataParallel')) return 'FullyShardedDataParallel';
    if (/^deepspeed(?:\.|$)/.test(origin)) return 'DeepSpeed';
  }
  return undefined;
}
