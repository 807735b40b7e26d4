import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { argumentsOf, callsIn, fieldOf } from '../syntax';
import type { Argument } from '../syntax';
import { kerasNameOf } from './kerasName';

/** A call that makes an optimizer of Keras. */
export interface OptimizerCall {
  readonly call: SyntaxNode;
  readonly callee: SyntaxNode;
  readonly type: string;
  readonly args: readonly Argument[];
  /** The old ones, which know neither weight decay nor most of the rest. */
  readonly isLegacy: boolean;
}

/** All of them decay apart from the gradient, where `weight_decay` is given. */
const optimizers =
  /^optimizers\.(legacy\.)?(?:experimental\.)?(SGD|Adam|AdamW|RMSprop|Adagrad|Adadelta|Adamax|Nadam|Ftrl|Lion|Lamb|Adafactor|Muon)$/;

export function optimizerCalls(module: Module): readonly OptimizerCall[] {
  if (!module.source.text.includes('keras')) return [];
  return callsIn(module.source.root).flatMap((call) => {
    const callee = fieldOf(call, 'function');
    const match = callee && optimizers.exec(kerasNameOf(module, callee) ?? '');
    const type = match?.[2];
    if (!callee || type === undefined) return [];
    const args = argumentsOf(module.source, call);
    return [{ call, callee, type, args, isLegacy: match?.[1] !== undefined }];
  });
}
