/** Names and roles of tensors that only a technique gives. */
import type { TensorReport } from '../../core/report';
import type { Facts } from '../facts';
import type { Seen, Sighting } from './sighting';

interface NamePattern {
  readonly seen: Seen;
  readonly pattern: RegExp;
  /** What the name is, for the message. */
  readonly name: string;
}

const patterns: readonly NamePattern[] = [
  { seen: 'batch-norm', pattern: /(^|[./])(running_mean|moving_mean)(:0)?$/, name: 'running mean' },
  { seen: 'batch-norm', pattern: /batch_stats.*[./]mean$/, name: 'running mean' },
  {
    seen: 'orthogonality',
    pattern: /[./]parametrizations[./]\w+[./]\d+[./]base$/,
    name: 'orthogonal parametrization',
  },
  {
    seen: 'spectral-norm',
    pattern: /(^|[./])(weight_u|vector_u|_u)$/,
    name: 'power iteration vector',
  },
  {
    seen: 'weight-norm',
    pattern: /(^|[./])weight_g$|[./]parametrizations[./]\w+[./]original0$/,
    name: 'norm apart from direction',
  },
  { seen: 'dropconnect', pattern: /(^|[./])weight_\w+_raw$/, name: 'weight before it is masked' },
  {
    seen: 'dropout',
    pattern: /(^|[./])(log_sigma2|qz_loga)$/,
    name: 'learned noise or gates (variational dropout, L0)',
  },
  { seen: 'pruning', pattern: /(^|[./])\w+_mask$/, name: 'pruning mask' },
];

/** What names of tensors say. One sighting a tensor; the many of batch normalization are told as they are. */
export function structuralSightings(facts: Facts): readonly Sighting[] {
  const { report } = facts;
  const sightings: Sighting[] = [];
  for (const one of report.tensors) {
    if (one.role === 'optimizer' || one.role === 'ema_copy') continue;
    const found = patterns.find(({ pattern }) => pattern.test(one.name));
    if (!found || (found.seen === 'pruning' && !isPruned(one, facts))) continue;
    sightings.push(structural(found.seen, found.name, one.name));
  }
  for (const layer of report.layers) {
    if (layer.role === 'layer_scale') {
      sightings.push(structural('layer-scale', 'layer scale', layer.tensor));
    }
  }
  const copies = report.tensors.filter(({ role }) => role === 'ema_copy');
  const counter = report.tensors.find(({ name }) => /(^|[./])n_averaged$/.test(name));
  const average = copies[0] ?? counter;
  if (average) sightings.push(structural('average', 'averaged copy', average.name));
  return sightings;
}

/** Attention has masks too: a pruned weight stands beside its mask. */
function isPruned({ name }: TensorReport, facts: Facts): boolean {
  const base = name.slice(0, -'_mask'.length);
  return facts.tensor(`${base}_orig`) !== undefined || facts.tensor(base) !== undefined;
}

function structural(seen: Seen, name: string, where: string): Sighting {
  return { seen, class: 'structural', name, value: where, where };
}
