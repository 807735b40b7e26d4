import { html, nothing, type TemplateResult } from 'lit';

import type { Actions } from '../actions';
import type { PageState } from '../state';

export interface MenuItem {
  readonly label: string;
  readonly detail?: string;
  readonly disabled?: boolean;
  readonly run: () => void;
}

interface MenuOptions {
  readonly id: string;
  readonly label: string;
  readonly face: TemplateResult | string;
  readonly items: readonly MenuItem[];
  readonly state: PageState;
  readonly actions: Actions;
}

/** A button that opens a list of commands. Arrows, Home, End, Escape and Tab work as in a native menu. */
export function menu({ id, label, face, items, state, actions }: MenuOptions): TemplateResult {
  const open = state.ui.menu === id;
  const close = (): void => actions.show({ menu: undefined });
  return html`<div class="menu-anchor" @focusout=${closeWhenLeft(close)}>
    <button
      class="menu-button"
      id="menu-${id}"
      aria-haspopup="menu"
      aria-expanded=${open}
      aria-label=${label}
      title=${typeof face === 'string' ? nothing : label}
      @click=${(event: Event) => {
        actions.show({ menu: open ? undefined : id });
        if (!open) focusFirst(event);
      }}
    >
      ${face}
    </button>
    ${
      open
        ? html`<div
            class="menu"
            role="menu"
            aria-labelledby="menu-${id}"
            @keydown=${keysOf(id, close)}
          >
            ${items.map(
              (item) =>
                html`<button
                  role="menuitem"
                  tabindex="-1"
                  aria-disabled=${item.disabled === true}
                  @click=${() => {
                    if (item.disabled === true) return;
                    close();
                    item.run();
                  }}
                >
                  <span>${item.label}</span>
                  ${item.detail === undefined ? nothing : html`<small>${item.detail}</small>`}
                </button>`,
            )}
          </div>`
        : nothing
    }
  </div>`;
}

/** Closes a popup once the keyboard or the mouse goes elsewhere. */
export function closeWhenLeft(close: () => void): (event: FocusEvent) => void {
  return ({ currentTarget, relatedTarget }) => {
    const inside =
      currentTarget instanceof Node &&
      relatedTarget instanceof Node &&
      currentTarget.contains(relatedTarget);
    if (!inside) close();
  };
}

function focusFirst(event: Event): void {
  const anchor = event.currentTarget instanceof Element ? event.currentTarget.parentElement : null;
  // The list is there after the next frame.
  requestAnimationFrame(() =>
    requestAnimationFrame(() => anchor?.querySelector<HTMLElement>('[role="menuitem"]')?.focus()),
  );
}

function keysOf(id: string, close: () => void): (event: KeyboardEvent) => void {
  return (event) => {
    const list = event.currentTarget;
    if (!(list instanceof Element)) return;
    const items = [...list.querySelectorAll<HTMLElement>('[role="menuitem"]')];
    const at = items.findIndex((item) => item === document.activeElement);
    const go: Record<string, number> = {
      ArrowDown: (at + 1) % items.length,
      ArrowUp: (at - 1 + items.length) % items.length,
      Home: 0,
      End: items.length - 1,
    };
    if (event.key === 'Escape') {
      event.stopPropagation();
      close();
      document.getElementById(`menu-${id}`)?.focus();
      return;
    }
    const index = Object.hasOwn(go, event.key) ? go[event.key] : undefined;
    if (index === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    items[index]?.focus();
  };
}
