/**
 * What the leaves of a JAX tree are for, told by their paths: Flax's train state keeps `step`, `params`, `opt_state` and perhaps
 * `batch_stats` side by side, and Optax gives each of its transformations a record with fixed field names.
 */
import type { OptimizerRecord } from '../../core/checkpoint';
import type { JsonObject } from '../../core/json';
import type { Role } from '../../core/tensor';

const optimizerPart = /^(opt|optim|optimizer)(_?states?)?$|^param_states$/;
const averagePart =
  /^(ema|ema_params|params_ema|ema_state|ema_model|avg_params|averaged_params|polyak_params)$/;

/** Optax's records by their fields, the more special ones first; and the state of Flax's own optimizers until 0.5. */
const records: readonly { readonly fields: readonly string[]; readonly name: string }[] = [
  { fields: ['mu', 'nu'], name: 'Adam or AdamW' },
  { fields: ['mu', 'count'], name: 'Lion' },
  { fields: ['grad_ema', 'grad_sq_ema'], name: 'Adam' },
  { fields: ['v_row', 'v_col', 'v'], name: 'Adafactor' },
  { fields: ['sum_of_squares'], name: 'Adagrad' },
  { fields: ['e_g', 'e_x'], name: 'Adadelta' },
];
/** Told only inside an optimizer's state: these names are common elsewhere. */
const innerRecords: typeof records = [
  { fields: ['nu'], name: 'RMSprop' },
  { fields: ['trace'], name: 'SGD' },
  { fields: ['momentum'], name: 'SGD' },
];

export class TreeRoles {
  private readonly children = new Map<string, Set<string>>();
  private readonly hasModel: boolean;

  /** @param paths of all leaves */
  constructor(private readonly paths: readonly (readonly string[])[]) {
    for (const path of paths) {
      for (let depth = 0; depth < path.length; depth++) {
        const key = keyOf(path.slice(0, depth));
        const known = this.children.get(key);
        if (known) known.add(path[depth]!);
        else this.children.set(key, new Set([path[depth]!]));
      }
    }
    this.hasModel = paths.some((path) => !this.isOptimizer(path) && !isAverage(path));
  }

  /** Undefined where the names and shapes of the tensor itself have to tell. */
  roleOf(path: readonly string[]): Role | undefined {
    if (this.isOptimizer(path)) return 'optimizer';
    if (isAverage(path) && this.hasModel) return 'ema_copy';
    const siblings = this.children.get(keyOf(path.slice(0, -1)));
    const own = path.at(-1);
    const isStatistic = own === 'mean' || own === 'var';
    if (isStatistic && siblings?.has('mean') && siblings.has('var')) return 'running_stat';
    return undefined;
  }

  /** Whether a leaf stands by itself beside the model: a counter of steps. */
  isCounter(path: readonly string[]): boolean {
    return /^(step|epoch|count|iteration|global_step)s?$/.test(path.at(-1) ?? '');
  }

  /**
   * Name without what says nothing: a variable of Flax NNX is a record of one field `value`.
   */
  nameOf(path: readonly string[]): string {
    const isWrapped =
      path.length > 1 &&
      /^(value|raw_value)$/.test(path.at(-1)!) &&
      this.children.get(keyOf(path.slice(0, -1)))?.size === 1;
    return (isWrapped ? path.slice(0, -1) : path).join('/');
  }

  /**
   * The optimizer whose state is among the leaves.
   *
   * @param hyperparameters values that the tree itself keeps (optax.inject_hyperparams)
   */
  optimizers(hyperparameters: JsonObject): OptimizerRecord[] {
    const moments = new Map<string, number>();
    let hasState = false;
    for (const path of this.paths) {
      if (!this.isOptimizer(path)) continue;
      hasState = true;
      const found = this.recordOf(path);
      // One of the record's fields has as many leaves as there are parameters.
      if (found?.isFirst) moments.set(found.name, (moments.get(found.name) ?? 0) + 1);
    }
    if (!hasState) return [];
    const names = [...moments.keys()];
    return [
      {
        ...(names.length > 0 && { name: names.join(' and ') }),
        groups: [{ hyperparameters, parameterCount: Math.max(0, ...moments.values()) }],
      },
    ];
  }

  private isOptimizer(path: readonly string[]): boolean {
    const at = path.findIndex((part) => optimizerPart.test(part));
    if (at >= 0 && at < path.length - 1) {
      // flax.optim and NNX keep the model inside the optimizer.
      const next = path[at + 1]!;
      const holdsModel = path[at] === 'optimizer' && /^(target|model)$/.test(next);
      return !holdsModel;
    }
    return path.some((_, depth) => this.recordAt(path, depth, records) !== undefined);
  }

  private recordOf(path: readonly string[]): { name: string; isFirst: boolean } | undefined {
    for (let depth = 0; depth < path.length; depth++) {
      const found = this.recordAt(path, depth, records) ?? this.recordAt(path, depth, innerRecords);
      if (found) return { name: found.name, isFirst: path[depth] === found.fields[0] };
    }
    return undefined;
  }

  /** The record of which path[depth] is a field. */
  private recordAt(
    path: readonly string[],
    depth: number,
    known: typeof records,
  ): (typeof records)[number] | undefined {
    const siblings = this.children.get(keyOf(path.slice(0, depth)));
    return known.find(
      ({ fields }) =>
        fields.every((field) => siblings?.has(field)) &&
        (fields.includes(path[depth]!) || path[depth] === 'count'),
    );
  }
}

function isAverage(path: readonly string[]): boolean {
  return path.some((part) => averagePart.test(part));
}

/** Parts may hold any character but this one. */
function keyOf(path: readonly string[]): string {
  return path.join('\0');
}
