import type { MetricDescriptor } from '../../src/core/metric';
import { formatMetric } from '../format';

/** What the page knows of its numbers: what each means, and what it is where the reader is. */
export interface Explained {
  readonly catalogue: readonly MetricDescriptor[];
  readonly row?:
    | {
        readonly metrics: Readonly<Record<string, number>>;
        readonly baselines: Readonly<Record<string, number>>;
      }
    | undefined;
}

/** Shows what a number means while the mouse or the keyboard is on an element with `data-metric`. */
export function listenToPopovers(root: HTMLElement, explained: () => Explained): void {
  const { body } = document;
  const box = document.createElement('div');
  box.className = 'popover';
  box.id = 'popover';
  box.setAttribute('role', 'tooltip');
  box.hidden = true;
  root.append(box);
  let anchor: Element | undefined;
  let timer: number | undefined;

  const hide = (): void => {
    window.clearTimeout(timer);
    anchor?.removeAttribute('aria-describedby');
    anchor = undefined;
    box.hidden = true;
  };
  const show = (element: Element): void => {
    if (element === anchor) return;
    hide();
    const lines = linesFor(element, explained());
    if (lines.length === 0) return;
    anchor = element;
    box.replaceChildren(...lines);
    box.hidden = false;
    place(box, element.getBoundingClientRect());
    element.setAttribute('aria-describedby', box.id);
  };
  const targetOf = (event: Event): Element | undefined =>
    event.target instanceof Element
      ? (event.target.closest('[data-metric]') ?? undefined)
      : undefined;

  body.addEventListener('mouseover', (event) => {
    const element = targetOf(event);
    window.clearTimeout(timer);
    // The text may be read and copied with the mouse on it.
    if (event.target instanceof Node && box.contains(event.target)) return;
    timer = window.setTimeout(() => (element ? show(element) : hide()), element ? 350 : 150);
  });
  body.addEventListener('focusin', (event) => {
    const element = targetOf(event);
    if (element?.matches(':focus-visible')) show(element);
    else hide();
  });
  body.addEventListener(
    'keydown',
    (event) => {
      if (event.key !== 'Escape' || box.hidden) return;
      event.stopPropagation();
      hide();
    },
    { capture: true },
  );
  body.addEventListener('scroll', hide, { capture: true, passive: true });
  body.addEventListener('click', (event) => {
    if (!(event.target instanceof Node && box.contains(event.target))) hide();
  });
}

function linesFor(element: Element, { catalogue, row }: Explained): HTMLElement[] {
  const id = element.getAttribute('data-metric');
  const descriptor = catalogue.find((one) => one.id === id);
  if (!descriptor) return [];
  const lines = [line('strong', descriptor.title), line('p', descriptor.meaning)];
  lines.push(line('code', descriptor.formula));
  const here = element.hasAttribute('data-here') && row ? row.metrics[descriptor.id] : undefined;
  const chance = here === undefined ? undefined : row?.baselines[descriptor.id];
  const parts = [
    ...(here === undefined ? [] : [`Here: ${formatMetric(here, descriptor.unit)}`]),
    `By chance: ${chance === undefined ? descriptor.baseline : formatMetric(chance, descriptor.unit)}`,
  ];
  lines.push(line('p', parts.join(' · ')), line('p', descriptor.reading));
  const source = line('p', descriptor.source);
  source.className = 'muted';
  lines.push(source);
  return lines;
}

function line(tag: 'p' | 'strong' | 'code', text: string): HTMLElement {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

/** Under the element, or above it where there is no room below; never past the right edge. */
function place(box: HTMLElement, at: DOMRect): void {
  const gap = 4;
  const left = Math.max(gap, Math.min(at.left, window.innerWidth - box.offsetWidth - gap));
  const below = at.bottom + gap;
  const fits = below + box.offsetHeight <= window.innerHeight - gap;
  box.style.left = `${left}px`;
  box.style.top = `${fits ? below : Math.max(gap, at.top - gap - box.offsetHeight)}px`;
}
