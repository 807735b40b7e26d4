import type { MatrixView, ViewAxis } from '../core/matrixView';

/** A stored axis and where it goes. */
export interface AxisUse {
  readonly size: number;
  readonly target: ViewAxis['target'];
}

/**
 * Builds a view from the stored axes, given in stored order, and the order in which the axes of one target vary
 * (slowest first; stored order unless `order` says otherwise).
 *
 * @param order indices into `uses`; within each target the later an axis stands, the faster it varies
 */
export function viewOf(
  uses: readonly AxisUse[],
  order: readonly number[] = uses.map((_, index) => index),
): MatrixView {
  const extents = { block: 1, row: 1, column: 1 };
  const steps = new Array<number>(uses.length).fill(1);
  for (const index of [...order].reverse()) {
    const { size, target } = uses[index]!;
    steps[index] = extents[target];
    extents[target] *= size;
  }
  return {
    blocks: extents.block,
    rows: extents.row,
    columns: extents.column,
    axes: uses.map(({ size, target }, index) => ({ size, target, step: steps[index]! })),
  };
}

/** Cuts an axis into (parts, size / parts), the parts going to the blocks. */
export function splitIntoBlocks(size: number, parts: number, rest: ViewAxis['target']): AxisUse[] {
  return [
    { size: parts, target: 'block' },
    { size: size / parts, target: rest },
  ];
}

/** The same elements with rows and columns exchanged. */
export function transposedView(view: MatrixView): MatrixView {
  const turned: Record<ViewAxis['target'], ViewAxis['target']> = {
    block: 'block',
    row: 'column',
    column: 'row',
  };
  return {
    blocks: view.blocks,
    rows: view.columns,
    columns: view.rows,
    axes: view.axes.map((axis) => ({ ...axis, target: turned[axis.target] })),
  };
}

/** A stored axis of one size that goes whole to the rows, the columns or the blocks. */
export const row = (size: number): AxisUse => ({ size, target: 'row' });
export const column = (size: number): AxisUse => ({ size, target: 'column' });
export const block = (size: number): AxisUse => ({ size, target: 'block' });

/** Matrices in the last two axes, one for each place in the axes before. */
export function matricesIn(shape: readonly number[], isOutputFirst: boolean): MatrixView {
  const [a, b] = [shape.at(-2)!, shape.at(-1)!];
  const matrix = isOutputFirst ? [row(a), column(b)] : [column(a), row(b)];
  return viewOf([...shape.slice(0, -2).map(block), ...matrix]);
}
