import { html, nothing, type TemplateResult } from 'lit';

import { pointIndex, type SeriesState } from './state';

const pageStep = 10;

/**
 * The bar under the charts: dragged by mouse, moved by keys, one stop for each checkpoint.
 *
 * @param moveFrom goes to the index that is made of the present one, which is newer than `state` where keys follow each other quickly
 */
export function scrubBar(
  state: SeriesState,
  moveFrom: (next: (at: number) => number) => void,
): TemplateResult | typeof nothing {
  const points = state.start?.points ?? [];
  const at = pointIndex(state);
  const here = points[at];
  const first = points[0];
  const last = points.at(-1);
  if (!here || !first || !last || points.length < 2) return nothing;
  const range = last.x - first.x;
  const share = (x: number): number => (range > 0 ? (100 * (x - first.x)) / range : 0);
  const drag = (event: PointerEvent): void => {
    const { currentTarget, pointerId, clientX } = event;
    if (!(currentTarget instanceof Element) || !currentTarget.hasPointerCapture(pointerId)) return;
    const box = currentTarget.getBoundingClientRect();
    if (box.width === 0) return;
    const wanted = first.x + (range * (clientX - box.left)) / box.width;
    const distances = points.map(({ x }) => Math.abs(x - wanted));
    moveFrom(() => distances.indexOf(Math.min(...distances)));
  };
  return html`<div class="scrub">
    <div
      class="scrub-bar"
      role="slider"
      tabindex="0"
      aria-label="Checkpoint"
      aria-valuemin="1"
      aria-valuemax=${points.length}
      aria-valuenow=${at + 1}
      aria-valuetext=${here.label}
      @pointerdown=${(event: PointerEvent) => {
        const { currentTarget, pointerId } = event;
        if (currentTarget instanceof Element) currentTarget.setPointerCapture(pointerId);
        drag(event);
      }}
      @pointermove=${drag}
      @keydown=${(event: KeyboardEvent) => {
        const next = keyStep(event.key, points.length);
        if (!next) return;
        event.preventDefault();
        moveFrom(next);
      }}
    >
      ${points.map(({ x }) => html`<i class="stop" style="left: ${share(x)}%"></i>`)}
      <i class="thumb" style="left: ${share(here.x)}%"></i>
    </div>
    <span class="scrub-label" aria-hidden="true">${here.label}</span>
  </div>`;
}

function keyStep(key: string, count: number): ((at: number) => number) | undefined {
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return (at) => at - 1;
    case 'ArrowRight':
    case 'ArrowUp':
      return (at) => at + 1;
    case 'PageDown':
      return (at) => at - pageStep;
    case 'PageUp':
      return (at) => at + pageStep;
    case 'Home':
      return () => 0;
    case 'End':
      return () => count - 1;
    default:
      return undefined;
  }
}
