import { readFileSync, readdirSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { loadPythonParser } from '../../../test/training/parsers';
import { offersFor } from '../offers';

const parser = await loadPythonParser();
const folder = new URL('../../../test/fixtures/training/', import.meta.url);
const own: Readonly<Record<string, RegExp>> = {
  torch: /^(?:torch|lightning|trainer)\./,
  keras: /^keras\./,
  flax: /^(?:flax|nnx|linen|optax)\./,
};
const variantsIn = (text: string): readonly string[] =>
  offersFor(parser.parse(text)).map(({ variant }) => variant);

describe('the framework of a file decides which recipes speak', () => {
  const scripts = Object.keys(own).flatMap((framework) =>
    readdirSync(new URL(framework, folder))
      .filter((name) => name.endsWith('.py'))
      .map((name) => [framework, name] as const),
  );

  it.each(scripts)('%s/%s', (framework, name) => {
    const text = readFileSync(new URL(`${framework}/${name}`, folder), 'utf8');
    const others = variantsIn(text).filter((variant) => own[framework]?.test(variant) !== true);
    expect(others).toEqual([]);
  });

  it.each([
    ['Keras with another backend', 'keras/sequential.dropconnect.dense.py'],
    ['Flax with a loader of PyTorch', 'flax/mlp_nnx.nnx.dropconnect.layer.py'],
    ['Flax with a loader of PyTorch, linen', 'flax/mlp_linen.linen.dropconnect.layer.py'],
  ])('DropConnect belongs to the framework of its class: %s', (_name, script) => {
    const text = `import torch\n${readFileSync(new URL(script, folder), 'utf8')}`;
    const found = variantsIn(text).filter((variant) => variant.includes('dropconnect'));
    expect(found.length).toBeGreaterThan(0);
    expect(found.filter((variant) => variant.startsWith('torch.'))).toEqual([]);
  });

  it('a file that imports no framework may be of any', () => {
    const loop =
      'from layers import DropConnectLinear\nfc = DropConnectLinear(4, 4, p=0.5)\nloss.backward()\n';
    expect(variantsIn(loop)).toContain('torch.dropconnect.linear');
    expect(variantsIn(`import keras\n${loop}`)).not.toContain('torch.dropconnect.linear');
  });
});
