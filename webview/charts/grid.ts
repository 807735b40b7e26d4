import type { Rgb } from './colour';

export interface GridOptions {
  readonly columns: number;
  readonly rows: number;
  readonly width: number;
  readonly height: number;
  /** What a screen reader says of the picture. */
  readonly label: string;
  readonly colour: (row: number, column: number) => Rgb;
  /** A cell that gets a stroke as well as its colour, for themes of high contrast. */
  readonly struck?: (row: number, column: number) => boolean;
  /** Text for the cell under the mouse or the keyboard's cursor. */
  readonly describe: (row: number, column: number) => string;
  /** Cells ringed from the start: a chosen pair. */
  readonly marked?: readonly (readonly [row: number, column: number])[];
  readonly ink: Rgb;
  readonly hint: string;
}

const ringRadius = 5;

/** A grid of coloured cells on a canvas, with a line under it that says what is under the mouse or the cursor keys. */
export function gridChart(options: GridOptions): HTMLElement {
  const { columns, rows, width, height } = options;
  const figure = document.createElement('div');
  figure.className = 'grid';
  const canvas = document.createElement('canvas');
  const density = window.devicePixelRatio;
  canvas.width = Math.round(width * density);
  canvas.height = Math.round(height * density);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  canvas.tabIndex = 0;
  canvas.setAttribute('role', 'application');
  canvas.setAttribute('aria-roledescription', 'heat map');
  canvas.setAttribute('aria-label', `${options.label}. Arrow keys go from cell to cell.`);
  const readout = document.createElement('div');
  readout.className = 'readout';
  readout.setAttribute('aria-live', 'polite');
  readout.textContent = options.hint;
  figure.append(canvas, readout);

  const picture = pictureOf(options);
  const context = canvas.getContext('2d');
  const paint = (cursor?: readonly [number, number]): void => {
    if (!context) return;
    context.imageSmoothingEnabled = false;
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    strike(context, options, canvas);
    for (const cell of options.marked ?? []) ring(context, cell, options, canvas);
    if (cursor) ring(context, cursor, options, canvas);
  };
  const point = (row: number, column: number): void => {
    readout.textContent = options.describe(row, column);
    paint([row, column]);
  };
  let at: readonly [number, number] = options.marked?.[0] ?? [0, 0];
  canvas.addEventListener('mousemove', ({ offsetX, offsetY }) => {
    const column = Math.floor((offsetX / width) * columns);
    const row = Math.floor((offsetY / height) * rows);
    at = [clamp(row, rows), clamp(column, columns)];
    point(...at);
  });
  canvas.addEventListener('mouseleave', () => {
    readout.textContent = options.hint;
    paint();
  });
  canvas.addEventListener('focus', () => {
    if (canvas.matches(':focus-visible')) point(...at);
  });
  canvas.addEventListener('blur', () => paint());
  canvas.addEventListener('keydown', (event) => {
    const steps: Record<string, readonly [number, number]> = {
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
    };
    const step = Object.hasOwn(steps, event.key) ? steps[event.key] : undefined;
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    at = [clamp(at[0] + step[0], rows), clamp(at[1] + step[1], columns)];
    point(...at);
  });
  paint();
  const [marked] = options.marked ?? [];
  if (marked) readout.textContent = options.describe(...marked);
  return figure;
}

/** One pixel a cell, scaled up by the canvas. */
function pictureOf({ columns, rows, colour }: GridOptions): HTMLCanvasElement {
  const picture = document.createElement('canvas');
  picture.width = columns;
  picture.height = rows;
  const context = picture.getContext('2d');
  if (!context) return picture;
  const image = context.createImageData(columns, rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      image.data.set([...colour(row, column), 255], 4 * (row * columns + column));
    }
  }
  context.putImageData(image, 0, 0);
  return picture;
}

function strike(
  context: CanvasRenderingContext2D,
  { rows, columns, struck, ink }: GridOptions,
  canvas: HTMLCanvasElement,
): void {
  const across = canvas.width / columns;
  const down = canvas.height / rows;
  if (!struck || Math.min(across, down) < 3) return;
  context.fillStyle = `rgb(${ink.join()})`;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (!struck(row, column)) continue;
      context.fillRect((column + 0.25) * across, (row + 0.5) * down - 0.5, across / 2, 1);
    }
  }
}

function ring(
  context: CanvasRenderingContext2D,
  [row, column]: readonly [number, number],
  { rows, columns, ink }: GridOptions,
  canvas: HTMLCanvasElement,
): void {
  const x = ((column + 0.5) * canvas.width) / columns;
  const y = ((row + 0.5) * canvas.height) / rows;
  context.strokeStyle = `rgb(${ink.join()})`;
  context.lineWidth = 1.5 * window.devicePixelRatio;
  context.beginPath();
  context.arc(x, y, ringRadius * window.devicePixelRatio, 0, 2 * Math.PI);
  context.stroke();
}

function clamp(index: number, count: number): number {
  return Math.max(0, Math.min(count - 1, index));
}
