import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { callsIn, fieldOf, partsOf, textOf } from '../syntax';

const trainers = ['transformers.Trainer', 'transformers.Seq2SeqTrainer'];

/** A call that makes a Trainer of Hugging Face's transformers. */
export interface TrainerCall {
  readonly call: SyntaxNode;
  readonly callee: SyntaxNode;
  /** The class, where the file derives its own from the Trainer. */
  readonly own: SyntaxNode | undefined;
  /** `Trainer` as the file writes it: the callee, or what its own class derives from. */
  readonly base: string;
}

/** The Trainers that a file makes, those of its own classes among them. */
export function trainerCalls({ source, names }: Module): readonly TrainerCall[] {
  return callsIn(source.root).flatMap((call): TrainerCall[] => {
    const callee = fieldOf(call, 'function');
    if (!callee) return [];
    if (trainers.includes(names.origin(callee) ?? '')) {
      return [{ call, callee, own: undefined, base: textOf(source, callee) }];
    }
    if (callee.type !== 'identifier') return [];
    const [binding, ...others] = names.lookup(textOf(source, callee), callee);
    if (binding?.kind !== 'class' || others.length > 0) return [];
    const bases = fieldOf(binding.node, 'superclasses');
    const base = bases && partsOf(bases)[0];
    const isTrainer = base && trainers.includes(names.origin(base) ?? '');
    return isTrainer ? [{ call, callee, own: binding.node, base: textOf(source, base) }] : [];
  });
}

/** Whether the model that is trained looks at images: its inputs may be mixed, token ids may not. */
export function isImageClassifier({ source }: Module): boolean {
  return (
    /\bpixel_values\b/.test(source.text) &&
    /\b\w*(?:ForImageClassification|ImageProcessor|FeatureExtractor)\b/.test(source.text)
  );
}
