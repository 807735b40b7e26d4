import type { Framework } from '../../core/checkpoint';
import { plainView, type MatrixView } from '../../core/matrixView';
import { elementCountOf } from '../../core/tensor';
import { mergedAxes } from '../../kernels/typescript/viewWalk';
import { transposedView } from '../axes';
import type { Layer } from '../layers';

/** Canonical views under which the elements of two weights are the same ones. */
export interface PairViews {
  readonly a: MatrixView;
  readonly b: MatrixView;
  /** Whether both are stored in the same order, so that they can be read side by side. */
  readonly isSameOrder: boolean;
}

export interface PairViewOptions {
  readonly frameworks: { readonly a: Framework; readonly b: Framework };
  readonly isTransposed: boolean;
}

/** The views of a pair, or why their elements cannot be compared. */
export function pairViews(
  a: Layer,
  b: Layer,
  { frameworks, isTransposed }: PairViewOptions,
): PairViews | string {
  const viewA = viewOfLayer(a);
  const viewB = isTransposed ? transposedView(viewOfLayer(b)) : viewOfLayer(b);
  if (stackedRows(viewA) !== stackedRows(viewB) || viewA.columns !== viewB.columns) {
    return `shape ${shapeText(a)} in A, ${shapeText(b)} in B`;
  }
  // A GRU keeps reset, update, new in PyTorch and update, reset, candidate in Keras.
  if (
    viewA.blocks === 3 &&
    a.role === 'recurrent' &&
    family(frameworks.a) !== family(frameworks.b)
  ) {
    return 'the gates of a GRU are stored in another order';
  }
  return { a: viewA, b: viewB, isSameOrder: isSameOrder(viewA, viewB) };
}

/** Whether two layers have the same role and the same canonical shape. */
export function sameShape(a: Layer, b: Layer): boolean {
  return a.role === b.role && shapeKey(a) === shapeKey(b);
}

/** Rows of all blocks × columns. */
export function shapeKey(layer: Layer): string {
  const view = viewOfLayer(layer);
  return `${stackedRows(view)}×${view.columns}`;
}

/** The view of a layer's weight; a vector is one row. */
export function viewOfLayer({ oriented, weight }: Layer): MatrixView {
  return oriented?.view ?? plainView(1, elementCountOf(weight.shape));
}

export function stackedRows({ blocks, rows }: MatrixView): number {
  return blocks * rows;
}

function isSameOrder(a: MatrixView, b: MatrixView): boolean {
  const [axesA, axesB] = [mergedAxes(a), mergedAxes(b)];
  return (
    axesA.length === axesB.length &&
    axesA.every((axis, index) => {
      const other = axesB[index]!;
      return (
        axis.size === other.size &&
        axis.rowStep === other.rowStep &&
        axis.columnStep === other.columnStep
      );
    })
  );
}

function family(framework: Framework): string {
  return framework === 'tfjs' || framework === 'tensorflow' ? 'keras' : framework;
}

function shapeText({ oriented, weight }: Layer): string {
  if (!oriented) return weight.shape.join(' × ');
  return `${stackedRows(oriented.view)} × ${oriented.view.columns}`;
}
