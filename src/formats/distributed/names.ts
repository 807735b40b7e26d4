/** What the entries of a distributed checkpoint are for and what they are called, told by their paths in the state dict. */
import type { Role } from '../../core/tensor';

export type PathKind = 'model' | 'average' | 'optimizer' | 'state';

const averageKey = /(^|[_.])(ema|swa|averag\w*|shadow\w*)($|[_.])/i;
const stateKey = /sched|scaler|rng|seed|random|loss|metric|loader|sampler|train_state|history/i;
/** State dicts that were flattened before they were saved. */
const flatOptimizer =
  /^(optim\w*\.)?(state\..*\.(step|exp_avg|exp_avg_sq|max_exp_avg_sq|momentum_buffer|square_avg|sum)$|param_groups\.)/;

/** Parts of a name that FSDP, torch.compile and activation checkpointing put around modules. */
const wrappers = new Set([
  '_fsdp_wrapped_module',
  '_checkpoint_wrapped_module',
  '_orig_mod',
  '_fpw_module',
]);

export function kindOf(path: readonly string[]): PathKind {
  const containers = path.slice(0, -1);
  if (containers.some((part) => /optim/i.test(part)) || flatOptimizer.test(path.join('.'))) {
    return 'optimizer';
  }
  if (containers.some((part) => averageKey.test(part))) return 'average';
  if (stateKey.test(containers[0] ?? '')) return 'state';
  return 'model';
}

export const roleOfKind: Readonly<Record<PathKind, Role | undefined>> = {
  model: undefined,
  average: 'ema_copy',
  optimizer: 'optimizer',
  state: 'aux',
};

/** Names of tensors: the model's without the keys that all of them lie under, all without wrappers, each unique. */
export class Names {
  private readonly common: number;
  private readonly leading: boolean;
  private readonly used = new Set<string>();

  constructor(modelPaths: readonly (readonly string[])[]) {
    const [first = [], ...others] = modelPaths;
    let common = first.length - 1;
    for (const path of others) {
      let same = 0;
      while (same < common && same < path.length - 1 && path[same] === first[same]) same++;
      common = same;
    }
    this.common = Math.max(0, common);
    const names = modelPaths.map((path) => unwrapped(path.slice(this.common).join('.')));
    // DistributedDataParallel and DeepSpeed name the whole model so.
    this.leading = names.length > 0 && names.every((name) => name.startsWith('module.'));
  }

  nameOf(path: readonly string[], kind: PathKind): string {
    const own = kind === 'model' ? path.slice(this.common) : path;
    const plain = unwrapped(own.join('.'));
    const name = kind === 'model' && this.leading ? plain.slice('module.'.length) : plain;
    let unique = name;
    for (let count = 2; this.used.has(unique); count++) unique = `${name}#${count}`;
    this.used.add(unique);
    return unique;
  }
}

function unwrapped(name: string): string {
  const parts = name.split('.');
  const kept = parts.filter((part) => !wrappers.has(part));
  return kept.length > 0 ? kept.join('.') : name;
}
