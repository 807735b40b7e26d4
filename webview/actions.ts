import type { HostApi } from '../src/protocol/viewApi';
import type { Ui, ViewState } from './state';

/** What a view may do. Views are functions of the state; everything else goes through here. */
export interface Actions {
  change(view: Partial<ViewState>): void;
  show(ui: Partial<Ui>): void;
  /** Opens a layer beside the table, or closes it. */
  openLayer(index: number | undefined): void;
  openLayerNamed(name: string): void;
  /** Opens the layer before or after the open one in the order of the table. */
  step(step: 1 | -1): void;
  /** Asks the host; a failure is shown in the status line. */
  ask(call: (host: HostApi) => Promise<unknown>): void;
  copy(text: string): void;
  /** Moves the keyboard to a line of the table and scrolls it into view. */
  moveTo(index: number): void;
  typed(key: string): void;
  /** Keeps an element's size in the state. */
  watch(what: 'table' | 'layer' | 'page'): (element: Element | undefined) => void;
}
