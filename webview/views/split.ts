import { html, type TemplateResult } from 'lit';

import { clampSplit, initialView, splitLimits } from '../state';

const keyStep = 0.02;

export interface SplitActions {
  change(view: { readonly split: number }): void;
}

/** The line between table and layer: dragged by mouse, moved by arrow keys. */
export function sash(split: number, actions: SplitActions): TemplateResult {
  return html`<div
    class="sash"
    role="separator"
    tabindex="0"
    aria-label="Width of the table"
    aria-orientation="vertical"
    aria-valuemin=${splitLimits.low * 100}
    aria-valuemax=${splitLimits.high * 100}
    aria-valuenow=${Math.round(split * 100)}
    @pointerdown=${(event: PointerEvent) => {
      event.preventDefault();
      capture(event);
    }}
    @pointermove=${(event: PointerEvent) => drag(event, actions)}
    @dblclick=${() => actions.change({ split: initialView.split })}
    @keydown=${(event: KeyboardEvent) => {
      const step = { ArrowLeft: -keyStep, ArrowRight: keyStep }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      actions.change({ split: clampSplit(split + step) });
    }}
  ></div>`;
}

function capture({ currentTarget, pointerId }: PointerEvent): void {
  if (currentTarget instanceof Element) currentTarget.setPointerCapture(pointerId);
}

function drag(event: PointerEvent, actions: SplitActions): void {
  const { currentTarget, pointerId, clientX } = event;
  if (!(currentTarget instanceof Element) || !currentTarget.hasPointerCapture(pointerId)) return;
  const box = currentTarget.parentElement?.getBoundingClientRect();
  if (box && box.width > 0) {
    actions.change({ split: clampSplit((clientX - box.left) / box.width) });
  }
}
