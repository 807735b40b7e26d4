import type { Checkpoint } from '../../core/checkpoint';
import type { Tensor } from '../../core/tensor';
import type { Sources } from './combination';
import { KeptValues } from './keptValues';

/** Names are text of the file: longer ones are no parts of a weight. */
const maxNameLength = 1024;

/** What a checkpoint's tensors are by name. Those of an optimizer, and averaged copies of the weights, stay apart. */
export function sourcesOf({ tensors, recorded }: Checkpoint): Sources {
  const byName = new Map<string, Tensor>();
  const parametrizations = new Map<string, string[]>();
  const adapters = new Map<string, number>();
  const flax = new Map<string, Tensor>();
  for (const tensor of tensors) {
    const { name, role } = tensor;
    if (role === 'optimizer' || role === 'ema_copy' || name.length > maxNameLength) continue;
    byName.set(name, tensor);
    const [, prefix, rest] = /^(.*parametrizations\.[^.]+\.)(.+)$/.exec(name) ?? [];
    if (prefix !== undefined && rest !== undefined) {
      const names = parametrizations.get(prefix);
      if (names) names.push(rest);
      else parametrizations.set(prefix, [rest]);
    }
    const [, module] =
      /^(.+)\.(?:lora_[Bb]|lora_up|lora\.up|lora_embedding_B)(?:\.|$)/.exec(name) ?? [];
    if (module !== undefined) adapters.set(module, (adapters.get(module) ?? 0) + 1);
    const wrapped = flaxKey(name);
    if (wrapped !== undefined) flax.set(wrapped, tensor);
  }
  return {
    get: (name) => byName.get(name),
    parametrizationsAt: (prefix) => parametrizations.get(prefix) ?? [],
    adapterCountAt: (module) => adapters.get(module) ?? 0,
    besideFlaxKernel: (kernel, wrapper, ending) =>
      flax.get(`${wrapper} ${ending} ${withoutCollection(kernel)}`),
    recorded,
    kept: new KeptValues(),
  };
}

/** The wrapper is a module beside the one that it wraps, and what it keeps is named by the path to the kernel. */
function flaxKey(name: string): string | undefined {
  const [, before, wrapper, kernel, ending] =
    /^(.*)(WeightNorm|SpectralNorm)_\d+\/(.*kernel)\/(scale|u)$/.exec(name.replaceAll('.', '/')) ??
    [];
  if (wrapper === undefined) return undefined;
  return `${wrapper} ${ending} ${withoutCollection(`${before}${kernel}`)}`;
}

function withoutCollection(name: string): string {
  return name.replaceAll('.', '/').replace(/(^|\/)(params|batch_stats)\//, '$1');
}
