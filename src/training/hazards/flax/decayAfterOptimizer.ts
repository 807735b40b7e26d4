import { decayTransformations, originOf, stepsOf } from '../../flax/optimizers';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, callsIn, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import type { HazardFinding, PythonHazard } from '../hazard';

/** The decay is added to the finished step, whose sign is turned already: the weights grow. */
export const decayAfterOptimizer: PythonHazard = {
  id: 'optax/decay-after-optimizer',
  title: 'add_decayed_weights behind the optimizer in optax.chain makes weights grow',
  severity: 'warning',
  language: 'python',
  find: (module) =>
    callsIn(module.source.root).flatMap((call) =>
      originOf(module, call) === 'optax.chain' ? findingIn(module, call) : [],
    ),
};

function findingIn(module: Module, chain: SyntaxNode): readonly HazardFinding[] {
  const { source } = module;
  const items = argumentsOf(source, chain);
  if (items.some(({ isSplat, name }) => isSplat || name !== undefined)) return [];
  const nodes = items.map(({ node }) => node);
  const step = nodes.findIndex((node) => stepsOf(module, node));
  const decay = nodes.findIndex(
    (node, index) => index > step && decayTransformations.test(originOf(module, node) ?? ''),
  );
  const found = nodes[decay];
  if (step === -1 || !found) return [];
  const [strength] = argumentsOf(source, found);
  // A negative strength behind the optimizer shrinks: odd, but meant.
  if (!strength || textOf(source, strength.value).trim().startsWith('-')) return [];
  const { start, end } = found;
  const optimizer = textOf(source, nodes[step] ?? chain).replace(/\(.*/s, '');
  return [
    {
      message:
        `The decay stands behind ${optimizer}, which has turned the sign and multiplied by the learning rate already: ` +
        'each step adds strength × weight, so that the weights grow.',
      where: { start, end },
      fix: {
        title: `Move the decay before ${optimizer}`,
        edits: () => rotated(module, nodes.slice(step, decay + 1)),
      },
    },
  ];
}

/** The last element becomes the first, and the others move on; commas and comments stay. */
function rotated({ source }: Module, nodes: readonly SyntaxNode[]): readonly TextEdit[] {
  return nodes.flatMap(({ start, end }, index) => {
    const other = nodes[(index + nodes.length - 1) % nodes.length];
    return other
      ? [{ start, end, newText: textOf(source, other), label: 'Decay before the optimizer' }]
      : [];
  });
}
