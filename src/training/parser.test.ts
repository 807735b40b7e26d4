import { describe, expect, it } from 'vitest';

import { loadPythonParser } from '../../test/training/parsers';
import { checkpointPaths } from './checkpointPaths';
import { createScriptParser } from './parser';
import { findLayerDefinitions } from './definitions';
import { offersFor } from './offers';
import { nodesIn } from './syntax';

const parser = await loadPythonParser();
const head = 'import torch\nfrom torch import nn, optim\n';

describe('the Python parser', () => {
  it('counts offsets in UTF-16 units, as editors do', () => {
    const text = 'x = "é😀"\ny = 1\n';
    const { root } = parser.parse(text);
    const y = nodesIn(root).find(({ start, end }) => text.slice(start, end) === 'y');
    expect(y?.start).toBe(text.indexOf('y'));
    expect(root.hasError).toBe(false);
  });

  it.each(['x = (', 'def f(:\n  pass', 'class', '"""open', '\0\0', '\uD800'])(
    'gives error nodes for %j',
    (text) => {
      expect(parser.parse(text).root.hasError).toBe(text !== '' && text !== '\uD800x');
    },
  );

  it.each<[string, string]>([
    ['brackets', `${head}x = ${'['.repeat(20_000)}`],
    ['closed brackets', `${head}x = ${'('.repeat(5_000)}1${')'.repeat(5_000)}`],
    ['attributes', `${head}x = a${'.b'.repeat(20_000)}`],
    ['sums', `${head}x = nn.Linear(${'1 + '.repeat(20_000)}1, 2)`],
    ['sequentials', `${head}x = ${'nn.Sequential('.repeat(900)}nn.Linear(1, 2)${')'.repeat(900)}`],
    [
      'ranges in ranges',
      `${head}x = nn.ModuleList([nn.ModuleList([nn.ModuleList([nn.Linear(1, 1) for _ in range(250)]) for _ in range(250)]) for _ in range(250)])`,
    ],
    ['a range without end', `${head}x = nn.ModuleList([nn.Linear(1, 1) for _ in range(10**12)])`],
    [
      'classes in a circle',
      `${head}class A(B):\n  def __init__(self):\n    self.b = B()\nclass B(A):\n  def __init__(self):\n    self.a = A()\n`,
    ],
    ['names in a circle', `${head}a = b\nb = a\nx = nn.Linear(a, b)\ntorch.save(x, a)\n`],
    [
      'doubling',
      `${head}${Array.from({ length: 40 }, (_, i) => `def f${i}():\n  return nn.Sequential(f${i + 1}(), f${i + 1}())\n`).join('')}`,
    ],
    [
      'doubling strings',
      `${head}${Array.from({ length: 40 }, (_, i) => `s${i} = s${i + 1} + s${i + 1}\n`).join('')}s40 = "x"\ntorch.save(x, s0)\n`,
    ],
  ])('does not hang or overflow on %s', (_name, text) => {
    const source = parser.parse(text);
    expect(findLayerDefinitions(source).length).toBeLessThan(10);
    expect(offersFor(source).length).toBeLessThan(10);
    expect(checkpointPaths(source).length).toBeLessThan(2);
  });

  it('rejects bytes that are no grammar', async () => {
    const bytes = new Uint8Array([0, 97, 115, 109]);
    const parser = createScriptParser({ runtime: bytes, grammar: () => Promise.resolve(bytes) });
    await expect(parser.parse('', 'python')).rejects.toThrow();
  });
});
