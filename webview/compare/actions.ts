import type { CompareHostApi } from '../../src/protocol/compareViewApi';
import type { CompareUi, CompareView } from './state';

/** What a view of the comparison may do. */
export interface CompareActions {
  change(view: Partial<CompareView>): void;
  show(ui: Partial<CompareUi>): void;
  /** Opens a pair beside the table, or closes it. */
  openPair(index: number | undefined): void;
  openLayerNamed(name: string): void;
  /** Opens the pair before or after the open one in the order of the table. */
  step(step: 1 | -1): void;
  ask(call: (host: CompareHostApi) => Promise<unknown>): void;
  copy(text: string): void;
  /** Moves the keyboard to a line of the table and scrolls it into view. */
  moveTo(line: number): void;
  typed(key: string): void;
  /** Keeps an element's size in the state. */
  watch(what: 'table' | 'pair' | 'page'): (element: Element | undefined) => void;
}
