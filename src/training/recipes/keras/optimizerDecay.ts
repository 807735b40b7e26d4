import { insertAfter, insertBefore, statementOf } from '../../edits/insertStatement';
import { addImports } from '../../edits/addImport';
import { addKeyword, removeArgument } from '../../edits/keywords';
import { removeStatement, removeUnused } from '../../edits/removal';
import { optimizerCalls } from '../../keras/optimizers';
import type { OptimizerCall } from '../../keras/optimizers';
import { compileCalls } from '../../keras/trainingCalls';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { callsIn, enclosing, fieldOf, literalString, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import { offered, present, unavailable } from './offer';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { isZero } from './isZero';
import { anyKerasName } from './anyKerasName';
import { kerasWritten } from './written';

const facts = {
  technique: 'l2',
  variant: 'keras.l2.optimizer',
  title: 'Add weight decay to the optimizer',
} as const;

const compiled = {
  technique: 'l2',
  variant: 'keras.l2.adamw',
  title: 'Add weight decay: "adam" → AdamW',
} as const;

const excluded = 'exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])';

/**
 * Weight decay in the optimizer: every optimizer of Keras shrinks the weights apart from the gradient, Adam and SGD too.
 *
 * @see Loshchilov & Hutter, Decoupled Weight Decay Regularization, ICLR 2019
 */
export const optimizerDecay: PythonRecipe = {
  technique: 'l2',
  framework: 'Keras',
  language: 'python',
  find: (module) => [
    ...optimizerCalls(module).map((optimizer) => offerFor(module, optimizer)),
    ...compileCalls(module).flatMap(({ call, args }) => {
      const value = args.find(({ name }) => name === 'optimizer')?.value;
      const text = value && literalString(module.source, value);
      return value && text === 'adam' ? [compileOffer(module, call, value)] : [];
    }),
  ],
};

function offerFor(module: Module, optimizer: OptimizerCall): RecipeOffer {
  const { source } = module;
  const { call, args, type } = optimizer;
  if (optimizer.isLegacy) {
    return unavailable(facts, call, `The legacy ${type} has no weight_decay`);
  }
  const decay = args.find(({ name }) => name === 'weight_decay');
  const isSet = decay !== undefined && !isZero(source, decay.value);
  if (isSet || (!decay && type === 'AdamW')) {
    return present({ ...facts, title: `Weight decay in ${type}` }, call, {
      detail: decay
        ? `weight_decay is ${textOf(source, decay.value)}, apart from the gradient${excludes(module, call) ? ', not on biases and norms' : ', on biases and norms as well'}`
        : 'AdamW decays by 4e-3 unless told otherwise',
      strength: decay?.value,
      ...(decay && { removal: () => removal(module, optimizer) }),
    });
  }
  if (args.some(({ isSplat }) => isSplat)) {
    return unavailable(
      facts,
      call,
      'Some arguments come from * or **; whether weight_decay is among them is not known',
    );
  }
  if (decay) return unavailable(facts, call, 'weight_decay is set to 0 here');
  const target = targetOf(module, call);
  const exclusion =
    target &&
    insertAfter(
      source,
      target.statement,
      `${target.name}.${excluded}`,
      'Leave biases and norms out',
    );
  return offered(
    { ...facts, title: `Add weight decay to ${type}` },
    call,
    detailFor(exclusion !== undefined),
    [
      ...addKeyword(source, call, 'weight_decay=${1:1e-2}', 'Add weight_decay'),
      ...(exclusion ? [exclusion] : []),
    ],
  );
}

function detailFor(isExcluded: boolean): string {
  const rest = isExcluded
    ? 'Biases and norms are left out; that must be said before the optimizer is built.'
    : 'Biases and norms decay as well, since the optimizer has no name here on which exclude_from_weight_decay could be called.';
  return `Each step shrinks the weights by learning rate × 1e-2, apart from the gradient: Keras does so in every optimizer. 1e-3…1e-1 is usual. ${rest}`;
}

/** The name that an optimizer gets: `optimizer = keras.optimizers.Adam(…)`. */
function targetOf(
  { source }: Module,
  call: SyntaxNode,
): { readonly name: string; readonly statement: SyntaxNode } | undefined {
  const assignment = call.field === 'right' ? call.parent : undefined;
  const left = assignment?.type === 'assignment' ? fieldOf(assignment, 'left') : undefined;
  if (!left || (left.type !== 'identifier' && left.type !== 'attribute')) return undefined;
  return { name: textOf(source, left), statement: statementOf(call) };
}

/** The statement that leaves biases out of this optimizer's decay. */
function excludes(module: Module, call: SyntaxNode): SyntaxNode | undefined {
  const target = targetOf(module, call);
  if (!target) return undefined;
  return callsIn(module.source.root).find((other) => {
    const callee = fieldOf(other, 'function');
    return callee && textOf(module.source, callee) === `${target.name}.exclude_from_weight_decay`;
  });
}

function removal(module: Module, optimizer: OptimizerCall): readonly TextEdit[] | undefined {
  const { source } = module;
  const { call, args } = optimizer;
  const decay = args.find(({ name }) => name === 'weight_decay');
  if (!decay) return undefined;
  const exclusion = excludes(module, call);
  const isOurs = exclusion && textOf(source, exclusion).endsWith(excluded);
  const cut = isOurs
    ? removeStatement(source, statementOf(exclusion), 'Remove the exception')
    : undefined;
  if (exclusion && !cut) return undefined;
  const target = targetOf(module, call);
  if (target && isAddedForCompile(optimizer)) {
    return compiledRemoval(module, target, cut ? [cut] : []);
  }
  const cuts = removeArgument(source, call, decay, 'Remove weight_decay');
  return cuts.length === 0 ? undefined : [...cuts, ...(cut ? [cut] : [])];
}

/** `optimizer = …AdamW(learning_rate=…, weight_decay=…)`, as compileOffer writes it. */
function isAddedForCompile({ type, args }: OptimizerCall): boolean {
  const names = args.map(({ name }) => name);
  return type === 'AdamW' && names.join() === 'learning_rate,weight_decay';
}

function compiledRemoval(
  module: Module,
  target: { readonly name: string; readonly statement: SyntaxNode },
  cuts: readonly TextEdit[],
): readonly TextEdit[] | undefined {
  const { source } = module;
  const home = enclosing(target.statement, 'function_definition');
  const users = compileCalls(module).flatMap(({ call, args }) =>
    enclosing(call, 'function_definition') !== home
      ? []
      : args.flatMap(({ name, value }) =>
          name === 'optimizer' && textOf(source, value) === target.name ? [{ call, value }] : [],
        ),
  );
  const [user, ...others] = users;
  const statement = removeStatement(source, target.statement, 'Remove AdamW');
  if (!user || others.length > 0 || !statement) return undefined;
  const { start, end } = user.value;
  const quote = quoteIn(module, user.call);
  const edits = [
    ...cuts,
    statement,
    { start, end, newText: `${quote}adam${quote}`, label: 'Use "adam"' },
  ];
  const imports = ['keras', 'tensorflow.keras'].map((name) => `from ${name} import optimizers`);
  return [...removeUnused(source, { imports }, edits), ...edits];
}

/** The quote of the other texts in a call, else of the file. */
export function quoteIn({ source }: Module, call: SyntaxNode): string {
  const text = textOf(source, call);
  const own = /["']/.exec(text)?.[0];
  if (own !== undefined) return own;
  const [single, double] = ["'", '"'].map((quote) => source.text.split(quote).length);
  return (single ?? 0) > (double ?? 0) ? "'" : '"';
}

function compileOffer(module: Module, call: SyntaxNode, value: SyntaxNode): RecipeOffer {
  const { source } = module;
  const anchor = anyKerasName(module);
  const written = anchor && kerasWritten(module, anchor, 'optimizers.AdamW');
  if (!written) {
    return unavailable(
      compiled,
      call,
      'The file imports nothing of Keras through which AdamW could be written',
    );
  }
  const name = ['optimizer', 'adamw'].find(
    (candidate) => module.names.lookup(candidate, call).length === 0,
  );
  if (name === undefined) {
    return unavailable(compiled, call, 'The names optimizer and adamw are taken');
  }
  const lines = `${name} = ${written.text}(learning_rate=\${1:1e-3}, weight_decay=\${2:1e-2})\n${name}.${excluded}`;
  const made = insertBefore(source, statementOf(call), lines, 'Make an AdamW');
  if (!made) return unavailable(compiled, call, 'Another statement stands on this line');
  const imports =
    written.imports.length > 0 ? addImports(source, written.imports, call) : undefined;
  return offered(
    compiled,
    call,
    `AdamW with the learning rate that "adam" stands for. ${detailFor(true)}`,
    [
      ...(imports ? [imports] : []),
      made,
      { start: value.start, end: value.end, newText: name, label: 'Use it' },
    ],
  );
}
