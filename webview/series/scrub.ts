import { html, nothing, type TemplateResult } from 'lit';

import { pointIndex, type SeriesState } from './state';

const pageStep = 10;

/** The bar under the charts: dragged by mouse, moved by keys, one stop for each checkpoint. */
export function scrubBar(
  state: SeriesState,
  moveTo: (index: number) => void,
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
    moveTo(distances.indexOf(Math.min(...distances)));
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
        const next = keyTarget(event.key, at, points.length);
        if (next === undefined) return;
        event.preventDefault();
        moveTo(next);
      }}
    >
      ${points.map(({ x }) => html`<i class="stop" style="left: ${share(x)}%"></i>`)}
      <i class="thumb" style="left: ${share(here.x)}%"></i>
    </div>
    <span class="scrub-label" aria-hidden="true">${here.label}</span>
  </div>`;
}

function keyTarget(key: string, at: number, count: number): number | undefined {
  const targets: Readonly<Record<string, number>> = {
    ArrowLeft: at - 1,
    ArrowDown: at - 1,
    ArrowRight: at + 1,
    ArrowUp: at + 1,
    PageDown: at - pageStep,
    PageUp: at + pageStep,
    Home: 0,
    End: count - 1,
  };
  return Object.hasOwn(targets, key) ? targets[key] : undefined;
}
