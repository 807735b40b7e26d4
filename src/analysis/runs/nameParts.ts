/** What a number in the name of a checkpoint can be. */
export type Quantity = 'epoch' | 'step' | 'loss' | 'accuracy';

/** The words that people write beside a number of a file name. */
const words: readonly (readonly [Quantity, RegExp])[] = [
  ['epoch', /^(?:epochs?|ep|e)$/],
  ['step', /^(?:steps?|timesteps?|iters?|iterations?|it|updates?|kimg|globalstep)$/],
  ['loss', /(?:loss|nll|ppl|perplexity)$/],
  ['accuracy', /(?:acc|acc%|accuracy|top%|prec%|f%|auc|auroc|miou|dice)$/],
];

/** A number of a name, and what the word beside it says that it is. */
export interface NamedNumber {
  readonly text: string;
  readonly value: number;
  readonly quantity: Quantity | undefined;
  /** The word before it, in lower case; empty where there is none. */
  readonly word: string;
  readonly isDecimal: boolean;
  /** A date, a time or a hash: tells files apart and says nothing of the run. */
  readonly isStamp: boolean;
}

/** A name with its numbers taken out. Names of one run have the same skeleton. */
export interface NameParts {
  readonly skeleton: string;
  readonly numbers: readonly NamedNumber[];
}

/** Marks the place of a number. No file name has it. */
export const hole = '\0';
const maxNameLength = 512;

/** Several suffixes belong together, and their digits are no numbers of the run: `.pth.tar`, `.weights.h5`. */
const extensions =
  /(?:\.(?:safetensors|weights|ckpt|pth|pt|bin|keras|hdf5|h5|npz|npy|onnx|gguf|msgpack|pkl|zip|index|tar|json|orbax))+$/i;

const stamp =
  /\d{4}([-_]?)\d{2}\1\d{2}(?:[-_T ]\d{2}([-_:.]?)\d{2}(?:\2\d{2})?)?(?![\d.])|(?<![a-z\d])(?=[a-f]*\d)(?=\d*[a-f])[a-f\d]{7,40}(?![a-z\d])/;
/** A `-` before a number is none of its own, but after `=`. */
const number = /(?:(?<==)-)?\d+(?:\.\d+)?(?:(?<=\d\.\d+)e[-+]?\d+)?/;
const either = new RegExp(`(?<stamp>${stamp.source})|${number.source}`, 'gi');

/** Splits a path below the folder of a run into text and numbers. */
export function namePartsOf(path: string): NameParts {
  if (path.length > maxNameLength) return { skeleton: path, numbers: [] };
  const suffix = extensions.exec(path)?.[0] ?? '';
  const stem = path
    .slice(0, path.length - suffix.length)
    // Lightning's second file of the same name.
    .replace(/-v\d+$/, '')
    // Digits that belong to a measure's name: `acc1`, `top-5`, `f1`.
    .replace(/(?<=acc|top-?|prec|\bf)[15](?=[-_=: ])/gi, '%');
  const numbers: NamedNumber[] = [];
  let skeleton = '';
  let end = 0;
  for (const match of stem.matchAll(either)) {
    const [text] = match;
    const between = stem.slice(end, match.index);
    const word = /([a-z]+%?)[-_ =.:@(]*$/i.exec(between)?.[1]?.toLowerCase() ?? '';
    end = match.index + text.length;
    // `12epoch.pth`, `rl_model_10000_steps.zip`
    const after = /^[-_ ]?([a-z]+)(?![-_]?\d)/i.exec(stem.slice(end))?.[1]?.toLowerCase() ?? '';
    const isStamp = match.groups?.['stamp'] !== undefined;
    skeleton += between + hole;
    numbers.push({
      text,
      value: isStamp ? 0 : Number(text),
      quantity: isStamp ? undefined : (quantityOf(word) ?? counted(after)),
      word,
      isDecimal: text.includes('.'),
      isStamp,
    });
  }
  return { skeleton: skeleton + stem.slice(end) + suffix.toLowerCase(), numbers };
}

function quantityOf(word: string): Quantity | undefined {
  return words.find(([, pattern]) => pattern.test(word))?.[0];
}

/** Only what is counted stands behind its number, and in a whole word. */
function counted(word: string): Quantity | undefined {
  const quantity = word.length > 1 ? quantityOf(word) : undefined;
  return quantity === 'epoch' || quantity === 'step' ? quantity : undefined;
}
