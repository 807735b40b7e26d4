import { addImports, qualifiedName } from '../../edits/addImport';
import { insertBefore, standsAlone, statementOf } from '../../edits/insertStatement';
import { addKeyword, removeArgument } from '../../edits/keywords';
import { removeStatements, removeUnused } from '../../edits/removal';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, callsIn, fieldOf, partsOf, textOf } from '../../syntax';
import { rangeOf } from '../../textEdit';
import type { TextEdit } from '../../textEdit';
import { lossPlaces } from '../../torch/lossPlaces';
import type { LossPlace } from '../../torch/lossPlaces';
import type { OptimizerStep } from '../../torch/optimizerSteps';
import { shardedBy } from '../../torch/sharding';
import { isBroken } from '../brokenCode';
import type { Recipe, RecipeOffer } from '../recipe';
import { isZero } from './parameterGroups';

const reading =
  'Gradients whose norm over all parameters is above 1 are scaled down to norm 1, so that one batch cannot throw the weights far away; 0.1…5 are common. A limit that is never reached changes nothing: look at the norm, which the function returns.';

/**
 * Clipping of the gradient's norm between the gradient and the step, behind the scaler of mixed precision.
 *
 * @see Pascanu et al., On the difficulty of training recurrent neural networks, ICML 2013
 */
export const gradientClipping: Recipe = {
  technique: 'gradient-clipping',
  framework: 'PyTorch',
  language: 'python',
  find: (module) => {
    const sharded = shardedBy(module);
    return lossPlaces(module).flatMap((place) => offerAtStep(module, place, sharded));
  },
};

function offerAtStep(
  module: Module,
  place: LossPlace,
  sharded: string | undefined,
): readonly RecipeOffer[] {
  const { source } = module;
  const { step, loss, where } = place;
  // Lightning and closures: there is no line between the gradient and the step.
  if (!step || step.scope !== loss.scope || step.takesClosure) return [];
  const offer = {
    technique: 'gradient-clipping',
    variant: 'torch.gradient-clipping.norm',
    where,
    edits: () => [],
  } as const;
  const found = callsIn(step.scope).find((call) => {
    const callee = fieldOf(call, 'function');
    const isClip = callee && /(?:^|\.)clip_grad_(?:norm|value)_?$/.test(textOf(source, callee));
    return isClip && call.start > loss.use.start && call.end <= step.statement.start;
  });
  if (found) {
    const args = argumentsOf(source, found);
    const limit = args.find(({ name }) => name === 'max_norm' || name === 'clip_value') ?? args[1];
    return [
      {
        ...offer,
        title: 'Gradient clipping',
        state: 'present',
        detail: `Gradients are clipped before the step${limit ? `, at ${textOf(source, limit.value)}` : ''}`,
        ...(limit ? { strength: rangeOf(limit.value) } : {}),
        removal: () => removeClipping(module, found, step),
      },
    ];
  }
  const title = 'Clip the norm of the gradient before the step';
  if (isBroken(loss.use)) return [];
  if (sharded !== undefined) {
    const detail = `${sharded} knows the whole gradient: use its own clip_grad_norm_`;
    return [{ ...offer, title, state: 'unavailable', detail }];
  }
  const edits = clippingEdits(module, place, step);
  const detail =
    step.scaler === undefined ? reading : `${reading} The scaler's factor is taken off before.`;
  return edits ? [{ ...offer, title, state: 'offered', detail, edits: () => edits }] : [];
}

function clippingEdits(
  module: Module,
  { models, loss }: LossPlace,
  step: OptimizerStep,
): readonly TextEdit[] | undefined {
  const { source } = module;
  const { statement, optimizer, scaler } = step;
  const [model, ...others] = models;
  const isPlain = model !== undefined && others.length === 0;
  const parameters = isPlain
    ? `${model}.parameters()`
    : `(p for group in ${optimizer}.param_groups for p in group["params"])`;
  const fabric = /(?:^|[\s.])(accelerator)\.backward\(/.exec(textOf(source, loss.use));
  const clip = qualifiedName(module, 'torch.nn.utils.clip_grad_norm_', statement, {
    fallback: { line: 'import torch', binds: 'torch', origin: 'torch' },
  });
  if (!clip || !standsAlone(source, statement)) return undefined;
  // The Accelerator holds the scaler, and waits for the last of the gradients that are added up.
  const lines = fabric
    ? [
        'if accelerator.sync_gradients:',
        `    accelerator.clip_grad_norm_(${parameters}, max_norm=\${1:1.0})`,
      ]
    : [
        ...(scaler !== undefined && !isUnscaled(module, step, loss.use)
          ? [`${scaler}.unscale_(${optimizer})`]
          : []),
        `${clip.text}(${parameters}, max_norm=\${1:1.0})`,
      ];
  const edit = insertBefore(source, statement, lines.join('\n'), 'Clip the gradient');
  if (!edit || fabric || clip.imports.length === 0) return edit && [edit];
  const added = addImports(source, clip.imports, statement);
  return added && [edit, added];
}

/** `scaler.unscale_(optimizer)`, which must not be called twice before a step. */
function isUnscaled({ source }: Module, step: OptimizerStep, use: SyntaxNode): boolean {
  return callsIn(step.scope).some((call) => {
    const callee = fieldOf(call, 'function');
    const isUnscale = callee && textOf(source, callee).endsWith('.unscale_');
    return isUnscale && call.start > use.start && call.end <= step.statement.start;
  });
}

function removeClipping(
  { source }: Module,
  call: SyntaxNode,
  step: OptimizerStep,
): readonly TextEdit[] | undefined {
  let statement = statementOf(call);
  if (partsOf(statement)[0] !== call) return undefined; // The norm is used.
  const block = statement.parent;
  const isGuarded =
    block?.parent?.type === 'if_statement' &&
    partsOf(block).length === 1 &&
    /^if accelerator\.sync_gradients:/.test(textOf(source, block.parent));
  if (isGuarded) statement = block.parent;
  const siblings = statement.parent ? partsOf(statement.parent) : [];
  const before = siblings[siblings.indexOf(statement) - 1];
  const isUnscale =
    before !== undefined &&
    step.scaler !== undefined &&
    textOf(source, before) === `${step.scaler}.unscale_(${step.optimizer})`;
  const statements = isUnscale ? [before, statement] : [statement];
  const edit = removeStatements(source, statements, 'Remove clipping');
  return edit && [edit, ...removeUnused(source, { imports: ['import torch'] }, [edit])];
}

/** Lightning's Trainer clips when it is told to; Hugging Face's does so unless told otherwise. */
export const trainerClipping: Recipe = {
  technique: 'gradient-clipping',
  framework: 'Lightning',
  language: 'python',
  find: (module) =>
    callsIn(module.source.root).flatMap((call): readonly RecipeOffer[] => {
      const callee = fieldOf(call, 'function');
      const origin = (callee && module.names.origin(callee)) ?? '';
      if (isBroken(call)) return [];
      if (/^(?:lightning(?:\.pytorch)?|pytorch_lightning)\.Trainer$/.test(origin)) {
        return ofTrainer(module, call, 'gradient_clip_val', 'lightning.gradient-clipping.trainer');
      }
      if (/^transformers\.(?:Seq2Seq)?TrainingArguments$/.test(origin)) {
        return ofTrainer(module, call, 'max_grad_norm', 'trainer.gradient-clipping.arguments');
      }
      return [];
    }),
};

function ofTrainer(
  { source }: Module,
  call: SyntaxNode,
  keyword: 'gradient_clip_val' | 'max_grad_norm',
  variant: string,
): readonly RecipeOffer[] {
  const args = argumentsOf(source, call);
  const argument = args.find(({ name }) => name === keyword);
  const offer = {
    technique: 'gradient-clipping',
    variant,
    where: rangeOf(call),
    edits: () => [],
  } as const;
  if (argument && !isZero(source, argument.value)) {
    return [
      {
        ...offer,
        title: 'Gradient clipping',
        state: 'present',
        detail: `${keyword} is ${textOf(source, argument.value)}`,
        strength: rangeOf(argument.value),
        removal: () => {
          const label = `Remove ${keyword}`;
          // Without the argument, Hugging Face's Trainer clips at 1.
          if (keyword === 'max_grad_norm') {
            return [{ ...rangeOf(argument.value), newText: '0.0', label }];
          }
          const edits = removeArgument(source, call, argument, label);
          return edits.length > 0 ? edits : undefined;
        },
      },
    ];
  }
  if (args.some(({ isSplat }) => isSplat)) return [];
  if (keyword === 'max_grad_norm' && !argument) {
    const detail = 'The Trainer clips the norm of the gradient at 1.0 unless told otherwise';
    return [{ ...offer, title: 'Gradient clipping', state: 'present', detail }];
  }
  const title = 'Clip the norm of the gradient';
  const label = `${keyword}=1.0`;
  const edits = argument
    ? [{ ...rangeOf(argument.value), newText: '1.0', stops: [{ start: 0, end: 3 }], label }]
    : addKeyword(source, call, `${keyword}=\${1:1.0}`, label);
  return [{ ...offer, title, state: 'offered', detail: reading, edits: () => edits }];
}
