import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, enclosing, fieldOf, nodesIn, partsOf, textOf, unwrapped } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import type { HazardFinding, PythonHazard } from '../hazard';

/** An L1 term over all parameters. */
export const l1OnBiases: PythonHazard = {
  id: 'torch/l1-on-biases',
  title: 'An L1 term that includes biases and the scales of norms.',
  severity: 'hint',
  language: 'python',
  find: (module) =>
    nodesIn(module.source.root).flatMap((node): readonly HazardFinding[] => {
      const loop = l1Loop(module, node);
      const edits = loop && filterEdits(module, loop);
      if (!loop || !edits) return [];
      return [
        {
          message:
            'This L1 term runs over all parameters: it pulls biases to 0, and the scales of norms too, which switches channels off',
          where: { start: loop.iterated.start, end: loop.iterated.end },
          fix: { title: 'Take matrices and kernels only', edits: () => edits },
        },
      ];
    }),
};

interface ParameterLoop {
  readonly kind: 'comprehension' | 'statement';
  readonly target: SyntaxNode;
  readonly iterated: SyntaxNode;
}

/** `sum(p.abs().sum() for p in model.parameters())`, or the loop that adds it up. */
function l1Loop(module: Module, node: SyntaxNode): ParameterLoop | undefined {
  const { source } = module;
  if (node.type === 'generator_expression' || node.type === 'list_comprehension') {
    const [body, clause, ...more] = partsOf(node);
    const target = clause && fieldOf(clause, 'left');
    const iterated = clause && fieldOf(clause, 'right');
    if (!body || !target || !iterated || more.length > 0) return undefined;
    const isOurs = isL1Of(module, body, target) && isParameters(module, iterated);
    return isOurs && isInLoss(module, node)
      ? { kind: 'comprehension', target, iterated }
      : undefined;
  }
  if (node.type !== 'for_statement') return undefined;
  const [target, iterated, body] = ['left', 'right', 'body'].map((field) => fieldOf(node, field));
  const [statement, ...others] = body ? partsOf(body) : [];
  if (!target || !iterated || !statement || others.length > 0) return undefined;
  if (!isParameters(module, iterated)) return undefined;
  const added = partsOf(statement)[0];
  const isSum = added?.type === 'augmented_assignment' || added?.type === 'assignment';
  const name = isSum ? fieldOf(added, 'left') : undefined;
  const value = added && fieldOf(added, 'right');
  if (!name || !value || !/l1|lasso|reg|penalty|loss/i.test(textOf(source, name))) return undefined;
  const isOurs = nodesIn(value).some((inner) => isL1Of(module, inner, target));
  return isOurs ? { kind: 'statement', target, iterated } : undefined;
}

function isParameters({ source }: Module, iterated: SyntaxNode): boolean {
  return /^[\w.]+\.parameters\(\)$/.test(textOf(source, iterated));
}

/** `p.abs().sum()`, `torch.abs(p).sum()`, `torch.sum(torch.abs(p))`, `torch.norm(p, 1)`, `p.norm(p=1)`. */
function isL1Of({ source }: Module, node: SyntaxNode, target: SyntaxNode): boolean {
  if (target.type !== 'identifier' || node.type !== 'call') return false;
  const p = textOf(source, target);
  const text = textOf(source, node).replace(/\s+/g, '');
  const forms = [
    `${p}.abs().sum()`,
    `torch.abs(${p}).sum()`,
    `torch.sum(torch.abs(${p}))`,
    `${p}.abs().sum`,
    `torch.sum(${p}.abs())`,
    `abs(${p}).sum()`,
    `torch.norm(${p},1)`,
    `torch.norm(${p},p=1)`,
    `torch.linalg.vector_norm(${p},1)`,
    `torch.linalg.vector_norm(${p},ord=1)`,
    `${p}.norm(1)`,
    `${p}.norm(p=1)`,
  ];
  return forms.includes(text);
}

/** Whether the sum is made for a loss, and not to be printed. */
function isInLoss({ source }: Module, node: SyntaxNode): boolean {
  const statement = enclosing(node, 'assignment', 'augmented_assignment', 'return_statement');
  return statement !== undefined && /loss|l1|lasso|reg|penalty/i.test(textOf(source, statement));
}

function filterEdits(
  { source }: Module,
  { kind, target, iterated }: ParameterLoop,
): readonly TextEdit[] | undefined {
  const p = textOf(source, target);
  const label = 'Leave biases and norms out';
  if (kind === 'comprehension') {
    const { end } = iterated;
    return [{ start: end, end, newText: ` if ${p}.ndim > 1`, label }];
  }
  const { start, end } = iterated;
  return [
    { start, end: start, newText: `(${p} for ${p} in `, label },
    { start: end, end, newText: ` if ${p}.ndim > 1)`, label },
  ];
}

/** A penalty that gradient accumulation counts several times. */
export const penaltyAfterAccumulation: PythonHazard = {
  id: 'torch/penalty-after-accumulation',
  title: 'A penalty added after the loss is divided by the accumulation steps.',
  severity: 'warning',
  language: 'python',
  find: (module) =>
    nodesIn(module.source.root).flatMap((block): readonly HazardFinding[] => {
      if (block.type !== 'block' && block.type !== 'module') return [];
      const statements = partsOf(block);
      return statements.flatMap((statement, index): readonly HazardFinding[] => {
        const scaled = divisionOf(module, statement);
        const next = statements[index + 1];
        if (!scaled || !next || !addsPenalty(module, next, scaled.name)) return [];
        const rest = statements.slice(index + 2);
        const isUsed = rest.some((later) =>
          new RegExp(`\\b${scaled.name}\\b[^\\n]*\\.backward\\(`).test(
            textOf(module.source, later),
          ),
        );
        if (!isUsed || !isAccumulated(module, statement, scaled.divisor)) return [];
        return [
          {
            message: `The penalty is added after the division by ${scaled.divisor}, so that ${scaled.divisor} accumulated steps count it ${scaled.divisor} times`,
            where: { start: next.start, end: next.end },
            fix: {
              title: 'Add the penalty before the division',
              edits: () => swapped(module, statement, next),
            },
          },
        ];
      });
    }),
};

/** `loss = loss / steps`, `loss /= steps`. */
function divisionOf(
  { source }: Module,
  statement: SyntaxNode,
): { readonly name: string; readonly divisor: string } | undefined {
  const inner = statement.type === 'expression_statement' ? partsOf(statement)[0] : undefined;
  const left = inner && fieldOf(inner, 'left');
  const right = inner && fieldOf(inner, 'right');
  if (!inner || left?.type !== 'identifier' || !right) return undefined;
  const name = textOf(source, left);
  if (inner.type === 'augmented_assignment') {
    return fieldOf(inner, 'operator')?.type === '/='
      ? { name, divisor: textOf(source, right) }
      : undefined;
  }
  if (inner.type !== 'assignment' || right.type !== 'binary_operator') return undefined;
  const [dividend, divisor] = [fieldOf(right, 'left'), fieldOf(right, 'right')];
  const isOurs = fieldOf(right, 'operator')?.type === '/' && dividend && divisor;
  return isOurs && textOf(source, unwrapped(dividend)) === name
    ? { name, divisor: textOf(source, divisor) }
    : undefined;
}

/** `loss = loss + 1e-4 * sum(… model.parameters())`, `loss += gram_penalty(model)`. */
function addsPenalty({ source }: Module, statement: SyntaxNode, name: string): boolean {
  const inner = statement.type === 'expression_statement' ? partsOf(statement)[0] : undefined;
  const left = inner && fieldOf(inner, 'left');
  const right = inner && fieldOf(inner, 'right');
  if (!inner || !left || !right || textOf(source, left) !== name) return false;
  const isAugmented =
    inner.type === 'augmented_assignment' && fieldOf(inner, 'operator')?.type === '+=';
  const first = right.type === 'binary_operator' ? fieldOf(right, 'left') : undefined;
  const isSum =
    inner.type === 'assignment' &&
    first !== undefined &&
    fieldOf(right, 'operator')?.type === '+' &&
    textOf(source, unwrapped(first)) === name;
  return (isAugmented || isSum) && isPenalty(source, right);
}

function isPenalty(source: Module['source'], node: SyntaxNode): boolean {
  return nodesIn(node).some((inner) => {
    const callee = inner.type === 'call' ? fieldOf(inner, 'function') : undefined;
    const args = inner.type === 'call' ? argumentsOf(source, inner) : [];
    return (
      callee !== undefined &&
      (/\.parameters$/.test(textOf(source, callee)) ||
        (/penalty$/.test(textOf(source, callee)) && args.length > 0))
    );
  });
}

/** Whether gradients of as many steps as the divisor says are added up: `if (i + 1) % steps == 0`. */
function isAccumulated({ source }: Module, statement: SyntaxNode, divisor: string): boolean {
  const scope = enclosing(statement, 'function_definition') ?? source.root;
  return nodesIn(scope).some((node) => {
    const right = node.type === 'binary_operator' ? fieldOf(node, 'right') : undefined;
    return (
      right !== undefined &&
      fieldOf(node, 'operator')?.type === '%' &&
      textOf(source, unwrapped(right)) === divisor
    );
  });
}

function swapped({ source }: Module, a: SyntaxNode, b: SyntaxNode): readonly TextEdit[] {
  const label = 'Penalty first';
  return [
    { start: a.start, end: a.end, newText: textOf(source, b), label },
    { start: b.start, end: b.end, newText: textOf(source, a), label },
  ];
}
