import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { loadPythonParser } from '../../../../test/training/parsers';
import { torchHazards } from '../../hazards/torch';
import { readModule } from '../../module';
import { applyEdits } from '../../textEdit';
import { torchRecipes } from '.';

const parser = await loadPythonParser();
const folder = fileURLToPath(new URL('../../../../test/fixtures/training/torch/', import.meta.url));

/** Takes the offers of a variant: all of them, or those of some places. */
function taken(text: string, variant: string, places?: readonly number[]): string {
  let result = text;
  for (const place of [...(places ?? [0, 0, 0, 0, 0, 0])].reverse()) {
    const module = readModule(parser.parse(result));
    const offer = torchRecipes
      .flatMap((recipe) => (recipe.language === 'python' ? recipe.find(module) : []))
      .filter((found) => found.variant === variant && found.state === 'offered')[place];
    if (!offer) break;
    result = applyEdits(result, offer.edits());
  }
  return result;
}

/** Compares with the file of that name, which is run by test/training/effects/torch_layers.py. */
function expectFile(name: string, text: string): void {
  if (process.env['UPDATE_EXPECTED']) writeFileSync(folder + name, text);
  expect(text).toBe(readFileSync(folder + name, 'utf8'));
}

describe('edited scripts', () => {
  it.each<[script: string, name: string, variant: string, places?: readonly number[]]>([
    ['layers_mlp', 'dropout', 'torch.dropout.attribute'],
    ['layers_mlp', 'dropout_functional', 'torch.dropout.functional', [1]],
    ['layers_mlp', 'batch_norm', 'torch.batch-norm.attribute'],
    ['layers_mlp', 'dropconnect', 'torch.dropconnect.linear', [1]],
    ['layers_mlp', 'spectral_norm', 'torch.spectral-norm.wrap', [1]],
    ['layers_sequential', 'dropout', 'torch.dropout.element'],
    ['layers_sequential', 'batch_norm', 'torch.batch-norm.element'],
    ['layers_sequential', 'dropconnect', 'torch.dropconnect.linear'],
    ['layers_sequential', 'fractional_pooling', 'torch.fractional-pooling.layer'],
    ['layers_lenet', 'dropout', 'torch.dropout.attribute'],
    ['layers_lenet', 'batch_norm', 'torch.batch-norm.attribute'],
    ['layers_lenet', 'fractional_pooling', 'torch.fractional-pooling.layer'],
    ['layers_residual', 'stochastic_depth', 'torch.stochastic-depth.helper'],
    ['layers_residual_torchvision', 'stochastic_depth', 'torch.stochastic-depth.torchvision'],
    ['layers_lenet', 'cutout', 'torch.cutout.batch'],
    ['layers_lstm', 'dropout', 'torch.dropout.recurrent'],
    ['layers_shared_transform', 'augmentation', 'torch.augmentation.split'],
    ['layers_shared_transform', 'cutout', 'torch.cutout.split'],
    ['layers_own_transforms', 'augmentation', 'torch.augmentation.compose'],
    ['layers_own_transforms', 'cutout', 'torch.cutout.compose'],
  ])('%s: %s', (script, name, variant, places) => {
    const text = readFileSync(`${folder}${script}.py`, 'utf8');
    const edited = taken(text, variant, places);
    expect(edited).not.toBe(text);
    expectFile(`${script}.${name}.py`, edited);
  });

  it('layers_hazards: all fixes', () => {
    let text = readFileSync(`${folder}layers_hazards.py`, 'utf8');
    const ids: string[] = [];
    for (let round = 0; round < 10; round++) {
      const module = readModule(parser.parse(text));
      const fix = torchHazards
        .flatMap((hazard) =>
          hazard.language === 'python'
            ? hazard.find(module).map((finding) => ({ id: hazard.id, ...finding }))
            : [],
        )
        .find((finding) => finding.fix !== undefined);
      if (!fix?.fix) break;
      ids.push(fix.id);
      text = applyEdits(text, fix.fix.edits());
    }
    expect(ids).toEqual([
      'torch/adam-weight-decay',
      'torch/decay-on-norms-and-biases',
      'torch/dropout-without-training',
      'torch/eval-missing',
      'torch/bias-before-batch-norm',
    ]);
    expectFile('layers_hazards.fixed.py', text);
  });
});
