import { addImports } from '../../edits/addImport';
import { removeUnused } from '../../edits/removal';
import type { OptimizerCall } from '../../keras/optimizers';
import { compileCalls } from '../../keras/trainingCalls';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { literalString } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import type { RecipeOffer } from '../recipe';
import { anyKerasName } from './anyKerasName';
import { offered, unavailable } from './offer';
import { quoteIn } from './optimizerDecay';
import { kerasWritten } from './written';

const facts = {
  technique: 'gradient-clipping',
  variant: 'keras.gradient-clipping.compile',
  title: 'Clip the norm of the gradient',
} as const;

/** Names that compile takes, and the classes that they stand for. */
const classes = new Map(
  ['SGD', 'Adam', 'AdamW', 'RMSprop', 'Adagrad', 'Adadelta', 'Adamax', 'Nadam', 'Ftrl', 'Lion'].map(
    (type) => [type.toLowerCase(), type],
  ),
);

/** `optimizer="adam"` → `optimizer=Adam(global_clipnorm=…)`: a name alone cannot clip. */
export function compiledClipping(module: Module): readonly RecipeOffer[] {
  return compileCalls(module).flatMap(({ call, args }) => {
    const value = args.find(({ name }, i) => (name === undefined ? i === 0 : name === 'optimizer'));
    const type =
      value && classes.get(literalString(module.source, value.value)?.toLowerCase() ?? '');
    return value && type !== undefined ? [offerFor(module, call, value.value, type)] : [];
  });
}

function offerFor(module: Module, call: SyntaxNode, value: SyntaxNode, type: string): RecipeOffer {
  const anchor = anyKerasName(module);
  const written = anchor && kerasWritten(module, anchor, `optimizers.${type}`);
  if (!written) {
    return unavailable(
      facts,
      call,
      `The file imports nothing of Keras through which ${type} could be written`,
    );
  }
  const imports =
    written.imports.length > 0 ? addImports(module.source, written.imports, call) : undefined;
  if (written.imports.length > 0 && !imports) {
    return unavailable(facts, call, 'The file has no imports to which one could be added');
  }
  const text = `${written.text}(global_clipnorm=`;
  return offered(
    facts,
    call,
    `Scales all gradients down together where their common norm exceeds 1, so that one batch cannot throw the weights far away. The optimizer is the one that the name stands for: ${type} with its defaults.`,
    [
      ...(imports ? [imports] : []),
      {
        start: value.start,
        end: value.end,
        newText: `${text}1.0)`,
        stops: [{ start: text.length, end: text.length + 3 }],
        label: 'Clip the gradient',
      },
    ],
  );
}

/** `Adam(global_clipnorm=…)` in compile → `"adam"`, as it was. Undefined where more is said. */
export function compiledClippingRemoval(
  module: Module,
  { call, args, type }: OptimizerCall,
): readonly TextEdit[] | undefined {
  const [only, ...others] = args;
  if (only?.name !== 'global_clipnorm' || others.length > 0) return undefined;
  if (!classes.has(type.toLowerCase())) return undefined;
  const user = compileCalls(module).find(({ args: given }) =>
    given.some(({ value }) => value === call),
  );
  if (!user) return undefined;
  const quote = quoteIn(module, user.call);
  const { start, end } = call;
  const edit: TextEdit = {
    start,
    end,
    newText: `${quote}${type.toLowerCase()}${quote}`,
    label: `Use ${quote}${type.toLowerCase()}${quote}`,
  };
  const imports = ['keras', 'tensorflow.keras'].map((name) => `from ${name} import optimizers`);
  return [...removeUnused(module.source, { imports }, [edit]), edit];
}
