import { counted } from '../../core/words';
import type { Checkpoint, Framework, Notice } from '../../core/checkpoint';
import type { Layer } from '../layers';
import type { Matching } from './matching';

interface NoticeSide {
  readonly checkpoint: Checkpoint;
  readonly layers: readonly Layer[];
}

interface NoticeInput {
  readonly a: NoticeSide;
  readonly b: NoticeSide;
  readonly matching: Matching;
}

/** What a reader of the comparison should know before believing its numbers. */
export function comparisonNotices({ a, b, matching }: NoticeInput): readonly Notice[] {
  const notices: Notice[] = [];
  const byOrder = matching.pairs.filter(({ match }) => match.by === 'shape-and-order').length;
  if (byOrder > 0) {
    notices.push({
      severity: 'warn',
      message: `${counted(byOrder, 'layer')} matched by shape and order alone: the names have nothing in common`,
    });
  }
  if (matching.pairs.length === 0) {
    notices.push({ severity: 'warn', message: 'no layer of A is found in B' });
  }
  if (flattensOtherwise(a, b)) {
    notices.push({
      severity: 'info',
      message:
        'a dense layer behind a flattened image sees its inputs in another order (channels first in PyTorch, last in Keras): its change then means nothing',
    });
  }
  notices.push(...tied('A', a, 'B', b, matching.unmatchedB));
  notices.push(...tied('B', b, 'A', a, matching.unmatchedA));
  return notices;
}

function flattensOtherwise(a: NoticeSide, b: NoticeSide): boolean {
  const isFirst = (framework: Framework): boolean => framework === 'pytorch';
  const convolves = ({ layers }: NoticeSide): boolean => layers.some(({ role }) => role === 'conv');
  return (
    isFirst(a.checkpoint.framework) !== isFirst(b.checkpoint.framework) &&
    convolves(a) &&
    convolves(b)
  );
}

/** Layers without a partner on one side because the other keeps them in another layer's storage. */
function tied(
  nameOfSide: string,
  side: NoticeSide,
  nameOfOther: string,
  other: NoticeSide,
  unmatched: readonly number[],
): readonly Notice[] {
  const shared = new Map(
    side.checkpoint.tensors.flatMap(({ name, sameAs }): [string, string][] =>
      sameAs === undefined ? [] : [[name, sameAs]],
    ),
  );
  return unmatched.flatMap((index): Notice[] => {
    const name = other.layers[index]?.weight.name ?? '';
    const owner = shared.get(name);
    if (owner === undefined) return [];
    return [
      {
        severity: 'info',
        message: `"${name}" is a weight of its own in ${nameOfOther}; in ${nameOfSide} it shares the storage of "${owner}"`,
      },
    ];
  });
}
