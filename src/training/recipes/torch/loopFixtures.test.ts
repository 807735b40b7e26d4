import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { loadPythonParser } from '../../../../test/training/parsers';
import { offersFor } from '../../offers';
import { applyEdits } from '../../textEdit';
import type { TextEdit } from '../../textEdit';

const parser = await loadPythonParser();
const folder = fileURLToPath(new URL('../../../../test/fixtures/training/torch/', import.meta.url));
const read = (name: string): string => readFileSync(folder + name, 'utf8');

/** The scripts that test/training/effects/torch_loop.py runs, with a strength that shows in the second that they take. */
const cases: [script: string, variant: string, strength?: string][] = [
  ['loop_mlp', 'torch.l1.proximal', '1e-2'],
  ['loop_mlp', 'torch.l1.loss', '1e-3'],
  ['loop_mlp', 'torch.l1.pruning', '0.8'],
  ['loop_mlp', 'torch.orthogonality.gram', '1e-2'],
  ['loop_mlp', 'torch.orthogonality.srip', '1e-1'],
  ['loop_mlp', 'torch.orthogonality.init'],
  ['loop_mlp', 'torch.orthogonality.parametrization'],
  ['loop_mlp', 'torch.l2.optimizer', '1e-2'],
  ['loop_mlp', 'torch.mixup.loop', '1.0'],
  ['loop_mlp', 'torch.label-smoothing.criterion'],
  ['loop_mlp', 'torch.gradient-clipping.norm', '0.01'],
  ['loop_mlp', 'torch.max-norm.step', '0.5'],
  ['loop_amp', 'torch.l1.proximal', '1.0'],
  ['loop_amp', 'torch.l1.loss', '1e-2'],
  ['loop_amp', 'torch.orthogonality.gram', '1e-1'],
  ['loop_amp', 'torch.gradient-clipping.norm', '0.01'],
  ['loop_amp', 'torch.max-norm.step', '0.5'],
  ['loop_direct', 'torch.l1.loss', '1e-3'],
  ['loop_direct', 'torch.orthogonality.gram', '1e-2'],
  ['loop_lbfgs', 'torch.l2.loss', '1e-3'],
  ['loop_images', 'torch.mixup.v2', '1.0'],
  ['loop_images', 'torch.label-smoothing.functional', '0.3'],
  ['loop_images', 'torch.l1.pruning', '0.8'],
  ['loop_lightning', 'lightning.l1.proximal', '1e-2'],
  ['loop_lightning', 'lightning.l1.loss', '1e-3'],
  ['loop_lightning', 'lightning.orthogonality.gram', '1e-2'],
  ['loop_lightning', 'lightning.mixup.loop', '1.0'],
  ['loop_lightning', 'lightning.max-norm.step', '0.5'],
  ['loop_lightning', 'lightning.gradient-clipping.trainer', '0.01'],
  ['loop_lightning', 'torch.l2.optimizer', '1e-2'],
  ['loop_trainer', 'trainer.l1.proximal', '0.5'],
  ['loop_trainer', 'trainer.l1.loss', '1e-3'],
  ['loop_trainer', 'trainer.orthogonality.gram', '1e-1'],
  ['loop_trainer', 'trainer.mixup.subclass', '1.0'],
  ['loop_trainer', 'trainer.max-norm.step', '0.15'],
  ['loop_trainer', 'trainer.label-smoothing.arguments', '0.3'],
  ['loop_trainer', 'trainer.l2.arguments', '5.0'],
];

/** The edits with another value at their first stop, as a user would type it. */
function withStrength(edits: readonly TextEdit[], strength: string): readonly TextEdit[] {
  return edits.map((edit) => {
    const [stop] = edit.stops ?? [];
    if (!stop) return edit;
    const newText = edit.newText.slice(0, stop.start) + strength + edit.newText.slice(stop.end);
    return { ...edit, newText };
  });
}

const edited = (script: string, variant: string, strength?: string): string => {
  const text = read(`${script}.py`);
  const offer = offersFor(parser.parse(text)).find(
    (candidate) => candidate.variant === variant && candidate.state === 'offered',
  );
  const edits = offer?.edits() ?? [];
  return applyEdits(text, strength === undefined ? edits : withStrength(edits, strength));
};

describe('scripts that are run before and after', () => {
  it.each(cases)('%s %s', (script, variant, strength?: string) => {
    const text = edited(script, variant, strength);
    const name = `${script}.${variant}.py`;
    if (process.env['UPDATE_EXPECTED']) writeFileSync(folder + name, text);
    expect(text).toBe(read(name));
    expect(text).not.toBe(read(`${script}.py`));
    if (strength !== undefined) expect(text).toContain(strength);
  });

  it('holds no script that nothing writes', () => {
    const written = cases.map(([script, variant]) => `${script}.${variant}.py`);
    const found = readdirSync(folder).filter((name) => /^loop_\w+\..+\.py$/.test(name));
    expect(found.sort()).toEqual([...written].sort());
  });
});
