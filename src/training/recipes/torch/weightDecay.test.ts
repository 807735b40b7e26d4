import { describe, expect, it } from 'vitest';

import { loadPythonParser } from '../../../../test/training/parsers';
import { offersAt, offersFor } from '../../offers';
import { applyEdits } from '../../textEdit';

const parser = await loadPythonParser();
const head = 'import torch\nfrom torch import nn, optim\n';
const offers = (code: string) => offersFor(parser.parse(head + code));

/** The line with the optimizer after the edit. */
function editedLine(code: string): string {
  const text = head + code;
  const [offer] = offers(code);
  const edited = applyEdits(text, offer!.edits());
  expect(parser.parse(edited).root.hasError).toBe(false);
  return edited.split('\n').findLast((line) => /^o = /.test(line)) ?? edited;
}

describe('weight decay in one call', () => {
  it.each<[code: string, edited: string]>([
    [
      'o = optim.SGD(m.parameters(), lr=0.1)',
      'o = optim.SGD(decay_param_groups(m, weight_decay=1e-4), lr=0.1)',
    ],
    [
      'o = torch.optim.adam.Adam(m.parameters())',
      'unavailable: AdamW cannot be imported here under its own name',
    ],
    [
      'o = optim.AdamW(m.parameters())',
      'o = optim.AdamW(decay_param_groups(m, weight_decay=1e-2))',
    ],
    [
      'o = optim.Adam(m.parameters(), weight_decay=0, lr=1)',
      'o = optim.AdamW(decay_param_groups(m, weight_decay=1e-2), lr=1)',
    ],
    [
      'o = optim.Adam(m.parameters(), lr=1, decoupled_weight_decay=False)',
      'o = optim.Adam(decay_param_groups(m, weight_decay=1e-2), lr=1, decoupled_weight_decay=True)',
    ],
    [
      'o = optim.NAdam(m.parameters(), 1e-3, (0.9, 0.99), 1e-8, 0)',
      'o = optim.NAdam(decay_param_groups(m, weight_decay=1e-2), 1e-3, (0.9, 0.99), 1e-8, 1e-2, decoupled_weight_decay=True)',
    ],
    [
      'o = optim.RAdam(list(a.parameters()) + list(b.c.parameters()))',
      'o = optim.RAdam(decay_param_groups(a, weight_decay=1e-2) + decay_param_groups(b.c, weight_decay=1e-2), decoupled_weight_decay=True)',
    ],
    // Parameters that are no model's own: the keyword alone, and the detail says so.
    ['o = optim.SGD(params, lr=1)', 'o = optim.SGD(params, lr=1, weight_decay=1e-4)'],
    ['o = optim.SGD([w], lr=1,)', 'o = optim.SGD([w], lr=1, weight_decay=1e-4,)'],
    [
      'o = optim.SGD([{"params": m.parameters(), "lr": 1}])',
      'o = optim.SGD([{"params": m.parameters(), "lr": 1}], weight_decay=1e-4)',
    ],
    [
      'o = optim.SGD(p for n, p in m.named_parameters())',
      'o = optim.SGD((p for n, p in m.named_parameters()), weight_decay=1e-4)',
    ],
    ['o = optim.AdamW([w])', 'present: AdamW decays by 1e-2 unless told otherwise'],
    // Already there.
    ['o = optim.SGD(m.parameters(), 0.1, 0.9, 0, 5e-4)', 'present: weight_decay is 5e-4, added'],
    [
      'o = optim.AdamW(m.parameters(), weight_decay=args.wd)',
      'present: weight_decay is args.wd, decoupled',
    ],
    ['o = optim.SGD(decay_param_groups(m, 1e-4))', 'present: The parameter groups'],
    ['o = optim.SGD([{"params": w, "weight_decay": 1e-3}])', 'present: The parameter groups'],
    ['g = [{"params": w, "weight_decay": 1e-3}]\no = optim.SGD(g)', 'present: The file builds'],
    [
      'def groups(m):\n    return [{"params": m.w, "weight_decay": 1e-3}]\no = optim.AdamW(groups(m))',
      'present: The file builds',
    ],
    // Not possible, or not known.
    ['o = optim.LBFGS(m.parameters())', 'unavailable: torch.optim.LBFGS has no weight_decay'],
    ['o = optim.SGD(m.parameters(), **options)', 'unavailable: Some arguments come from'],
    ['o = optim.SGD(*arguments)', 'unavailable: Some arguments come from'],
    ['o = optim.SGD()', 'unavailable: The optimizer is given no parameters'],
    ['def f():\n    o = optim.SGD(m.parameters())\n    x = (', 'unavailable: The code around'],
    // HF Trainer.
    [
      'from transformers import TrainingArguments\no = TrainingArguments("out", weight_decay=0.0)',
      'o = TrainingArguments("out", weight_decay=1e-2)',
    ],
    [
      'import transformers\no = transformers.TrainingArguments()',
      'o = transformers.TrainingArguments(weight_decay=1e-2)',
    ],
    [
      'import transformers\no = transformers.TrainingArguments(**a)',
      'unavailable: Some arguments have no name',
    ],
    [
      'import transformers\no = transformers.TrainingArguments(weight_decay=0.1)',
      'present: weight_decay is 0.1',
    ],
  ])('%s', (code, edited) => {
    const [offer] = offers(code);
    expect(offer).toBeDefined();
    const { state, detail } = offer!;
    if (state === 'offered') {
      expect(editedLine(code)).toBe(edited);
    } else {
      expect(`${state}: ${detail}`).toContain(edited);
      expect(offer!.edits()).toEqual([]);
    }
  });

  it.each([
    'o = other.Adam(m.parameters())',
    'class optim:\n    pass\no = optim.Adam(m.parameters())',
    'def f(optim):\n    return optim.Adam(m.parameters())',
    '"""\no = optim.Adam(m.parameters())\n"""',
    '# o = optim.Adam(m.parameters())',
    'cls = optim.Adam',
    'o = optim.SGD(m.parameters(), lr=',
    'from .optim import Adam\no = Adam(m.parameters())',
  ])('no offer for %j', (code) => {
    expect(offers(code)).toEqual([]);
  });

  it('says that SGD couples the decay, and that AdamW does not', () => {
    expect(offers('o = optim.SGD(m.parameters())')[0]!.detail).toContain('coupled L2');
    expect(offers('o = optim.Adam(m.parameters())')[0]!.detail).toContain(
      'apart from the gradient',
    );
  });

  it('adds the helper once, and uses another name where the file has one of its own', () => {
    const own = 'def decay_param_groups(net):\n    return net\no = optim.SGD(m.parameters())\n';
    const source = parser.parse(head + own);
    const edited = applyEdits(source.text, offersFor(source)[0]!.edits());
    expect(edited).toContain('o = optim.SGD(decay_param_groups_by_shape(m, weight_decay=1e-4))');
    const two = 'a = optim.SGD(m.parameters())\nb = optim.SGD(n.parameters())\n';
    let text = head + two;
    for (let i = 0; i < 2; i++) {
      const offer = offersFor(parser.parse(text)).find(({ state }) => state === 'offered');
      text = applyEdits(text, offer!.edits());
    }
    expect(text.match(/def decay_param_groups/g)).toHaveLength(1);
    expect(text.match(/decay_param_groups\([mn], weight_decay=1e-4\)/g)).toHaveLength(2);
  });

  it('gives the offer of the line at the cursor', () => {
    const text = `${head}a = optim.SGD(\n    m.parameters())\nb = optim.SGD(n.parameters())  # here\n`;
    const source = parser.parse(text);
    const at = (mark: string): readonly number[] =>
      offersAt(source, text.indexOf(mark)).map(({ where }) => where.start);
    expect(at('m.parameters')).toEqual([text.indexOf('optim.SGD(\n')]);
    expect(at('here')).toEqual([text.indexOf('optim.SGD(n')]);
    expect(at('import')).toEqual([]);
  });
});
