import { filled } from '../../edits/filled';
import { insertHelper } from '../../edits/helper';
import { insertAfter } from '../../edits/insertStatement';
import { linenModelsOf } from '../../flax/linenPlaces';
import { linenTraining } from '../../flax/linenTraining';
import { librariesFor } from '../../flax/names';
import type { Libraries } from '../../flax/names';
import { nnxModelsOf } from '../../flax/nnxPlaces';
import type { NnxModel } from '../../flax/nnxPlaces';
import { originOf } from '../../flax/optimizers';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, argumentValue, callsIn, fieldOf, nodesIn, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import { isBroken } from '../brokenCode';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { removeFromLinen, removeFromNnx } from './fractionalRemoval';
import { helperOf, importLines } from './helpers';
import { allOf, offered, present, unavailable } from './offer';

/**
 * Fractional max pooling in the place of 2 × 2 max pooling.
 *
 * @see Graham, Fractional Max-Pooling, 2014
 */
export const fractionalPooling: PythonRecipe = {
  technique: 'fractional-pooling',
  framework: 'Flax',
  language: 'python',
  find: (module) => [
    ...linenModelsOf(module).flatMap((model) => {
      const training =
        poolsIn(module, model.call).length > 0 && linenTraining(module, model, 'pool');
      return poolsIn(module, model.call).map((pool) => {
        if (isFractional(module, pool)) {
          return presentAt(module, pool, 'linen', () => removeFromLinen(module, model, pool));
        }
        if (training === false || typeof training === 'string') {
          return unavailable(
            { ...factsOf('linen'), detail: training || 'There is no pooling' },
            pool,
          );
        }
        const key = `self.make_rng("pool") if ${training.train} else None`;
        const change = { key, edits: training.edits, imports: training.imports, note: '' };
        return offerFor(module, pool, 'linen', change);
      });
    }),
    ...nnxModelsOf(module).flatMap((model) => {
      const pools = poolsIn(module, model.call);
      return pools.map((pool) =>
        isFractional(module, pool)
          ? presentAt(module, pool, 'nnx', () => nnxRemoval(module, model, pool))
          : nnxOffer(module, model, pool, pools),
      );
    }),
  ],
};

const helperName = 'fractional_max_pool';

const factsOf = (api: 'nnx' | 'linen') =>
  ({
    technique: 'fractional-pooling',
    variant: `${api}.fractional-pooling.function`,
    title: 'Pool over regions of random size (fractional max pooling)',
  }) as const;

/** Pooling of 2 × 2 with strides of 2, and the helper, in the order of the text. */
function poolsIn(module: Module, method: SyntaxNode): readonly SyntaxNode[] {
  return callsIn(method).filter((call) => isFractional(module, call) || isPlainPool(module, call));
}

function isFractional({ source }: Module, call: SyntaxNode): boolean {
  const callee = fieldOf(call, 'function');
  return callee !== undefined && textOf(source, callee) === helperName;
}

function isPlainPool(module: Module, call: SyntaxNode): boolean {
  if (!/^flax\.(?:linen|nnx)\.(?:pooling\.)?max_pool$/.test(originOf(module, call) ?? ''))
    return false;
  const { source } = module;
  const args = argumentsOf(source, call);
  const isTwo = (name: string, position: number): boolean => {
    const value = argumentValue(args, name, position);
    return value !== undefined && /^\(\s*2\s*,\s*2\s*,?\s*\)$/.test(textOf(source, value));
  };
  return args.length === 3 && isTwo('window_shape', 1) && isTwo('strides', 2);
}

function presentAt(
  { source }: Module,
  pool: SyntaxNode,
  api: 'nnx' | 'linen',
  removal: () => readonly TextEdit[] | undefined,
): RecipeOffer {
  const detail = 'The regions are drawn at random in training';
  const facts = { ...factsOf(api), title: 'Fractional max pooling', detail };
  const ratio = argumentsOf(source, pool).find(({ name }) => name === 'ratio');
  return present(facts, pool, { strength: ratio?.value, removal });
}

function nnxRemoval(
  module: Module,
  model: NnxModel,
  pool: SyntaxNode,
): readonly TextEdit[] | undefined {
  const ratio = argumentsOf(module.source, pool).find(({ name }) => name === 'ratio');
  const value = ratio && Number(textOf(module.source, ratio.value));
  if (value === undefined || !Number.isFinite(value)) return undefined;
  // The side s behind max pooling became trunc(2 s / ratio), which says what s was for ratios below 2.
  const size = flattenedSize(module, model, (side) => Math.ceil((side * value) / 2));
  return typeof size === 'string' ? undefined : removeFromNnx(module, model, pool, size);
}

interface Change {
  /** The random key in training, None otherwise. */
  readonly key: string;
  readonly edits: readonly TextEdit[];
  readonly imports: readonly string[];
  readonly note: string;
}

function offerFor(
  module: Module,
  pool: SyntaxNode,
  api: 'nnx' | 'linen',
  change: Change,
): RecipeOffer {
  const { source } = module;
  const facts = factsOf(api);
  const no = (detail: string): RecipeOffer => unavailable({ ...facts, detail }, pool);
  if (isBroken(pool)) return no('The code around this pooling has a syntax error');
  const [input] = argumentsOf(source, pool);
  const libraries = librariesFor(module, pool, ['jax', 'jax.numpy']);
  const helper =
    libraries && helperOf(module, pool, { name: helperName, code: codeOf(libraries.text) });
  if (!helper || input?.name !== undefined || !input) {
    return no(`The name ${helperName} means something else in this file`);
  }
  const imports = [...new Set([...libraries.imports, ...change.imports])];
  const label = 'Pool over random regions';
  const edits = allOf(
    [
      { start: pool.start, end: input.node.start, newText: `${helperName}(`, label },
      {
        start: input.node.end,
        end: pool.end,
        ...filled(`, ${change.key}, ratio=\${1:1.41})`),
        label,
      },
    ],
    change.edits,
    helper.code === undefined
      ? importLines(module, pool, imports)
      : insertHelper(source, helper.code, pool, `Add ${helperName}`, imports),
  );
  if (!edits) return no('A line that it needs has no place here');
  const detail =
    'Shrinks height and width by about 1.41 instead of 2, over regions of two pixels whose places are drawn at random in training ' +
    `and fixed in evaluation: 8 × 8 becomes 5 × 5. Everything behind it sees a larger map and costs about twice as much. ${change.note}`;
  return offered({ ...facts, detail: detail.trim() }, pool, () => edits);
}

function nnxOffer(
  module: Module,
  model: NnxModel,
  pool: SyntaxNode,
  pools: readonly SyntaxNode[],
): RecipeOffer {
  const { source } = module;
  const no = (detail: string): RecipeOffer => unavailable({ ...factsOf('nnx'), detail }, pool);
  if (pools.length > 1) {
    return no('The model pools several times: the sizes behind each of them would change');
  }
  const taken = /self\.(?:rngs|deterministic)\b/.test(textOf(source, model.own.definition));
  if (taken) return no('The class has attributes rngs or deterministic of its own');
  const size = flattenedSize(module, model, (side) => Math.trunc((2 * side) / 1.41));
  if (typeof size === 'string') return no(size);
  const lines = insertAfter(
    source,
    model.lastAttribute,
    `self.rngs = ${model.rngs}\nself.deterministic = False  # switched by train() and eval()`,
    'Keep the random streams',
  );
  if (!lines) return no('The attributes have no line of their own');
  return offerFor(module, pool, 'nnx', {
    key: 'None if self.deterministic else self.rngs.pool()',
    edits: [lines, ...size],
    imports: [],
    note: 'The size of the linear layer is adjusted for inputs of an even height and width.',
  });
}

/** `4 * 4 * 8` of the linear layer behind the map, for one of another side; or why that is not known. */
function flattenedSize(
  { source, ...module }: Module,
  model: NnxModel,
  resize: (side: number) => number,
): readonly TextEdit[] | string {
  const isMean = /\.mean\(|\bmean\(/.test(textOf(source, model.call));
  const found = nodesIn(model.init).flatMap((call) => {
    if (call.type !== 'call' || originOf({ source, ...module }, call) !== 'flax.nnx.Linear')
      return [];
    const size = argumentValue(argumentsOf(source, call), 'in_features', 0);
    const match = size && /^(\d+) \* (\d+) \* (\w+)$/.exec(textOf(source, size));
    return size && match && match[1] === match[2] ? [{ size, match }] : [];
  });
  const [only, ...others] = found;
  if (!only) {
    return isMean
      ? []
      : 'The size of the linear layer behind the pooling is not written as height * width * channels, so it cannot be adjusted';
  }
  if (others.length > 0) return 'Several linear layers take a flattened map';
  const height = resize(Number(only.match[1]));
  const { start, end } = only.size;
  const newText = `${height} * ${height} * ${only.match[3] ?? ''}`;
  return [{ start, end, newText, label: 'Adjust the size behind it' }];
}

const codeOf = (text: Libraries['text']): string => {
  const [jax, jnp] = [text('jax'), text('jax.numpy')];
  return `def fractional_max_pool(x, key, ratio=1.41):
    """Fractional max pooling of a (n, h, w, c) array; key=None fixes the regions (evaluation)."""

    def starts(length, u):
        out = int(length / ratio)
        alpha = (length - 2) / max(out - 1, 1)
        i = ${jnp}.arange(out)
        s = ${jnp}.floor((i + u) * alpha).astype(int) - ${jnp}.floor(u * alpha).astype(int)
        return s.at[-1].set(length - 2)

    u, v = (0.5, 0.5) if key is None else ${jax}.random.uniform(key, (2,))
    r, c = starts(x.shape[1], u), starts(x.shape[2], v)
    x = ${jnp}.maximum(x[:, r], x[:, r + 1])
    return ${jnp}.maximum(x[:, :, c], x[:, :, c + 1])`;
};
