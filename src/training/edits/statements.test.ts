import { describe, expect, it } from 'vitest';

import { loadPythonParser } from '../../../test/training/parsers';
import { readModule } from '../module';
import { callsIn, fieldOf, nodesIn, textOf } from '../syntax';
import { applyEdits } from '../textEdit';
import { addImports, qualifiedName } from './addImport';
import { insertHelper } from './helper';
import { insertAfter, insertBefore, statementOf } from './insertStatement';
import { removeStatement, removeUnused, unwrapCall } from './removal';

const parser = await loadPythonParser();

/** The statement with the call of `here`. */
function placeIn(text: string) {
  const source = parser.parse(text);
  const call = callsIn(source.root).find(
    (node) => textOf(source, fieldOf(node, 'function') ?? node) === 'here',
  );
  return { source, call: call!, statement: statementOf(call!) };
}

const block = 'with new():  # lines\n    for p in q:\n        p.add(${1:1e-3})';

const places: readonly string[] = [
  'here()',
  'here()\n',
  'x = here()  # comment (\nnext()\n',
  'def f():\n    here()\n',
  'def f():\n    here()',
  'def f():\r\n\there()\r\n\treturn 1\r\n',
  'class A:\n  async def f(self):\n    y = await here(\n      1,\n    )\n    return y\n',
  'for i in r:\n    if i % 4 == 0:\n        here()\n    else:\n        other()\n',
  'try:\n    here()\nexcept E:\n    pass\n',
  'match x:\n    case 1:\n        (y := here())\n',
  'with a as b:\n    s = f"{here()} $ {{1}}"\n\n\nz = 1\n',
];

describe('statements', () => {
  it.each(places)('%j: insert after and before, and take out again', (text) => {
    const { source, statement } = placeIn(text);
    for (const insert of [insertAfter, insertBefore]) {
      const edit = insert(source, statement, block, 'add')!;
      const edited = applyEdits(text, [edit]);
      const after = parser.parse(edited);
      expect(after.root.hasError, edited).toBe(false);
      expect(edit.stops!.map(({ start, end }) => edit.newText.slice(start, end))).toEqual(['1e-3']);
      const added = nodesIn(after.root).find(
        (node) => node.type === 'with_statement' && textOf(after, node).startsWith('with new()'),
      )!;
      expect(added.parent?.type).toBe(statement.parent?.type);
      expect(applyEdits(edited, [removeStatement(after, added, 'remove')!])).toBe(text);
    }
  });

  it.each(['a(); here()', 'here(); a()', 'here();', 'if x: here()', 'class A: x = here()'])(
    '%j: nothing where another statement shares the line',
    (text) => {
      const { source, statement } = placeIn(text);
      expect(insertAfter(source, statement, 'new()', 'add')).toBeUndefined();
      expect(removeStatement(source, statement, 'remove')).toBeUndefined();
    },
  );

  it('does not empty a block', () => {
    const { source, statement } = placeIn('def f():\n    here()\n');
    expect(removeStatement(source, statement, 'remove')).toBeUndefined();
  });

  it('unwraps a call', () => {
    const text = 'y = here(nn.Linear(2,\n    3), n=1)  # c\n';
    const { source, call } = placeIn(text);
    expect(applyEdits(text, unwrapCall(source, call, 'unwrap'))).toBe(
      'y = nn.Linear(2,\n    3)  # c\n',
    );
    const bare = placeIn('here(x for x in y)');
    expect(unwrapCall(bare.source, bare.call, 'unwrap')).toEqual([]);
    const splat = placeIn('here(*x)');
    expect(unwrapCall(splat.source, splat.call, 'unwrap')).toEqual([]);
  });
});

const helper =
  'def helper(x):\n    """Doc."""\n    if x:\n        return torch.eye(x)\n    return ${1:0.5}';
const heads: readonly string[] = [
  'import torch\nhere()\n',
  'import torch\n\nhere()\n',
  'import torch\n\n\nhere()\n',
  'import torch\n\n\n\n\nhere()',
  'import torch\r\n\r\nx = 1\r\nhere()\r\n',
  '#!/usr/bin/env python\n"""Doc."""\n\nimport torch\nimport os\n\nos.environ["A"] = "1"\nfrom torch import nn\n\n\nclass A:\n    def f(self):\n        here()\n',
  'try:\n    import torch\nexcept ImportError:\n    torch = None\n\nhere()\n',
  'if True:\n\timport torch\nfrom torch import (\n\tnn,\n)\n# comment\nhere()\n',
  'import torch; torch.manual_seed(0)\nhere()\n',
  '"""Only a docstring."""\n\nhere()\n',
  '#!/usr/bin/env python\n# -*- coding: utf-8 -*-\nhere()\n',
  'here()',
];

describe('helpers and imports', () => {
  it.each(heads)('%j: a helper, and out again', (text) => {
    const { source, statement } = placeIn(text);
    const edit = insertHelper(source, helper, statement, 'add');
    const edited = applyEdits(text, [edit]);
    const after = parser.parse(edited);
    expect(after.root.hasError, edited).toBe(false);
    expect(edited.indexOf('def helper')).toBeLessThan(edited.indexOf('here()'));
    if (text.includes('import torch')) {
      expect(edited.indexOf('def helper')).toBeGreaterThan(edited.indexOf('import torch'));
    }
    expect(applyEdits(edited, removeUnused(after, { helpers: ['helper'] }, []))).toBe(text);
  });

  it.each(heads)('%j: two helpers with an import, and out again', (text) => {
    const { source, statement } = placeIn(text);
    const line = 'from torch.nn.utils import prune';
    const first = applyEdits(text, [insertHelper(source, helper, statement, 'add', [line])]);
    const between = placeIn(first);
    const second = insertHelper(
      between.source,
      'def other():\n    helper(1)',
      between.statement,
      'add',
    );
    const edited = applyEdits(first, [second]);
    const after = parser.parse(edited);
    expect(after.root.hasError, edited).toBe(false);
    expect(edited.split(line)).toHaveLength(2);
    expect(edited).not.toMatch(/(?:\r?\n){5}def/);
    const removal = removeUnused(after, { helpers: ['other', 'helper'], imports: [line] }, []);
    expect(applyEdits(edited, removal)).toBe(text);
  });

  it.each(heads.filter((text) => /import|docstring/.test(text)))(
    '%j: imports, and out again',
    (text) => {
      const { source, statement } = placeIn(text);
      const lines = ['from torch.nn.utils import prune', 'import torch.nn.functional as F'];
      const edited = applyEdits(text, [addImports(source, lines, statement)!]);
      const after = parser.parse(edited);
      expect(after.root.hasError, edited).toBe(false);
      expect(applyEdits(edited, removeUnused(after, { imports: lines }, []))).toBe(text);
    },
  );

  it('adds no import where there is none', () => {
    const { source, statement } = placeIn('here()');
    expect(addImports(source, ['import torch'], statement)).toBeUndefined();
  });

  it('stands after an import further down that it uses', () => {
    const text = 'import os\n\nx = 1\ny = 2\nz = 3\nimport torch\n\nhere()\n';
    const { source, statement } = placeIn(text);
    const edited = applyEdits(text, [insertHelper(source, helper, statement, 'add')]);
    expect(edited.indexOf('def helper')).toBeGreaterThan(edited.indexOf('import torch'));
  });

  it.each<[text: string, kept: boolean]>([
    ['import torch\n\n\ndef helper():\n    pass\n\n\nhelper()\n', true],
    ['import torch\n\n\ndef helper():\n    pass\n\n\n__all__ = ["helper"]\n', true],
    ['import torch\n\n\ndef helper():\n    helper()\n\n\nx.helper(helper=1)  # helper\n', false],
    ['import torch\n\n\n@decorated\ndef helper():\n    pass\n', false],
    ['import torch\n\nhelper = torch.eye(3)\n\nx = 1\n', false],
  ])('%j: takes out only what nothing uses', (text, kept) => {
    const edits = removeUnused(parser.parse(text), { helpers: ['helper'] }, []);
    expect(edits.length === 0).toBe(kept);
  });

  it('leaves an import that is the file’s own: further up, in a list, used', () => {
    for (const text of [
      'import torch\nimport os\n',
      'from x import torch, os\n',
      'import torch\n\ntorch.eye(2)\n',
    ]) {
      expect(removeUnused(parser.parse(text), { imports: ['import torch'] }, [])).toEqual([]);
    }
  });
});

describe('names of libraries', () => {
  const fallback = {
    line: 'import torch.nn.functional as F',
    binds: 'F',
    origin: 'torch.nn.functional',
  };

  it.each<[head: string, text: string | undefined, imports?: number]>([
    ['import torch', 'torch.nn.functional.softshrink'],
    ['import torch as th', 'th.nn.functional.softshrink'],
    ['import torch\nimport torch.nn.functional as F', 'F.softshrink'],
    ['from torch.nn import functional', 'functional.softshrink'],
    ['from torch import nn', 'nn.functional.softshrink'],
    ['from torch.nn.functional import softshrink as shrink', 'shrink'],
    ['import torch.nn as nn\nF = None', 'nn.functional.softshrink'],
    ['import os', 'F.softshrink', 1],
    ['import os\nF = 1', undefined],
    ['def g():\n    import torch', 'F.softshrink', 1],
    ['try:\n    import torch\nexcept ImportError:\n    torch = None', 'F.softshrink', 1],
  ])('%j', (head, text, imports = 0) => {
    const { source, call } = placeIn(`${head}\nhere()\n`);
    const module = readModule(source);
    const name = qualifiedName(module, 'torch.nn.functional.softshrink', call, { fallback });
    expect(name?.text).toBe(text);
    expect(name?.imports.length ?? 0).toBe(imports);
  });

  it('asks for a module that its package does not bring', () => {
    const options = {
      loaded: 'torch.nn.utils.prune',
      fallback: {
        line: 'from torch.nn.utils import prune',
        binds: 'prune',
        origin: 'torch.nn.utils.prune',
      },
    };
    const { source, call } = placeIn('import torch\nhere()\n');
    const name = qualifiedName(readModule(source), 'torch.nn.utils.prune.remove', call, options);
    expect(name).toEqual({ text: 'prune.remove', imports: ['from torch.nn.utils import prune'] });
  });
});
