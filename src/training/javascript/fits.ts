import type { SyntaxNode } from '../source';
import { fieldOf, nodesIn, textOf } from '../syntax';
import type { JavaScriptModule } from './module';
import { follow } from './numbers';
import { argumentsOf, bare, callsIn, literalText, methodOf, propertyOf } from './syntax';

/** A call of `model.fit(xs, ys, {…})` or `model.fitDataset(data, {…})`. */
export interface Fit {
  readonly call: SyntaxNode;
  readonly method: 'fit' | 'fitDataset';
  /** The model as it is written: `this.model`. */
  readonly model: string;
  /** What comes before the options. */
  readonly data: readonly SyntaxNode[];
  /** The options; undefined where there are none. */
  readonly options: SyntaxNode | undefined;
}

/** Calls that train a layers model, where their options are an object literal or missing. */
export function fitsIn(module: JavaScriptModule): readonly Fit[] {
  const found = fits.get(module) ?? readFits(module);
  fits.set(module, found);
  return found;
}

/** Asked for by every layer, read once. */
const fits = new WeakMap<JavaScriptModule, readonly Fit[]>();

function readFits(module: JavaScriptModule): readonly Fit[] {
  const { source } = module;
  if (!usesTensorflow(module)) return [];
  return callsIn(source.root).flatMap((call) => {
    const method = methodOf(source, call);
    if (!method || (method.name !== 'fit' && method.name !== 'fitDataset')) return [];
    const dataCount = method.name === 'fit' ? 2 : 1;
    const args = argumentsOf(call);
    const data = args.slice(0, dataCount);
    const last = args[dataCount];
    const options = last && bare(last);
    const isPlain =
      data.length === dataCount &&
      args.length <= dataCount + 1 &&
      args.every(({ type }) => type !== 'spread_element') &&
      (!options || options.type === 'object') &&
      isModelName(module, method.object);
    if (!isPlain) return [];
    const model = textOf(source, method.object);
    return [{ call, method: method.name, model, data, options }];
  });
}

/** `model`, `this.model`, `getModel`'s result is not: it would be asked for again. */
function isModelName({ names }: JavaScriptModule, object: SyntaxNode): boolean {
  const node = bare(object);
  if (node.type === 'identifier') return names.origin(node) === undefined;
  if (node.type !== 'member_expression' || names.origin(node) !== undefined) return false;
  const inner = fieldOf(node, 'object');
  return inner?.type === 'this' || inner?.type === 'identifier';
}

const usage = new WeakMap<JavaScriptModule, boolean>();

/** Whether the file names anything of TensorFlow.js. */
export function usesTensorflow(module: JavaScriptModule): boolean {
  const known = usage.get(module);
  if (known !== undefined) return known;
  const { source, names } = module;
  const found =
    source.text.includes('@tensorflow/tfjs') ||
    nodesIn(source.root).some(
      (node) =>
        node.type === 'member_expression' &&
        /^tf\.(?:layers|sequential|model|train|tensor\w*|data|tidy|loadLayersModel)\b/.test(
          names.origin(node) ?? '',
        ),
    );
  usage.set(module, found);
  return found;
}

/** Learning rates that TensorFlow.js 4.22 takes for an optimizer that is given as a string. */
const defaultRates: Readonly<Record<string, string>> = {
  adagrad: '0.01',
  adadelta: '0.001',
  adam: '0.001',
  adamax: '0.002',
  rmsprop: '0.001',
  sgd: '0.01',
};

/** The learning rate as an expression that is valid at `at`; undefined where the code does not show it. */
export function learningRateAt(
  module: JavaScriptModule,
  model: string,
  at: SyntaxNode,
): string | undefined {
  const { source } = module;
  const rates = callsIn(source.root).flatMap((call) => {
    const method = methodOf(source, call);
    if (method?.name !== 'compile' || textOf(source, method.object) !== model) return [];
    const [first] = argumentsOf(call);
    const options = first && bare(first);
    const optimizer =
      options?.type === 'object' ? propertyOf(source, options, 'optimizer')?.value : undefined;
    return optimizer ? [rateOfOptimizer(module, optimizer, at)] : [undefined];
  });
  const [rate, ...others] = new Set(rates);
  return others.length === 0 ? rate : undefined;
}

/** The learning rate of `tf.train.adam(LEARNING_RATE)`, of a variable that holds it, or of `'adam'`. */
export function rateOfOptimizer(
  module: JavaScriptModule,
  optimizer: SyntaxNode,
  at: SyntaxNode,
): string | undefined {
  const { source, names } = module;
  let value = follow(module, optimizer);
  const text = literalText(source, value);
  if (text !== undefined) return Object.hasOwn(defaultRates, text) ? defaultRates[text] : undefined;
  if (value.type !== 'call_expression') return undefined;
  let callee = fieldOf(value, 'function');
  const [inner] = argumentsOf(value);
  if (callee && textOf(source, callee) === 'clipGradients' && inner) {
    value = follow(module, inner);
    callee = fieldOf(value, 'function');
  }
  const origin = callee && names.origin(callee);
  const name = /^tf\.train\.(\w+)$/.exec(origin ?? '')?.[1];
  if (name === undefined) return undefined;
  const [rate] = argumentsOf(value);
  if (!rate) return Object.hasOwn(defaultRates, name) ? defaultRates[name] : undefined;
  if (rate.type === 'number') return textOf(source, rate);
  if (rate.type !== 'identifier') return undefined;
  const here = names.lookup(textOf(source, rate), rate)[0];
  const there = names.lookup(textOf(source, rate), at)[0];
  return here !== undefined && here === there ? textOf(source, rate) : undefined;
}
