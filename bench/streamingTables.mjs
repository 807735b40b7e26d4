/** The streaming pass over a file's elements, beside reading it with `cat`. */
import { bar } from './lib/document.mjs';
import { streamingRows } from './streaming.mjs';

const barTypes = ['bf16', 'f16', 'f32'];

/** @returns {Promise<import('./lib/document.mjs').Result>} */
export async function streaming({ python, quick }) {
  const rows = await streamingRows({ python, fileMb: quick ? 32 : 256 });
  const names = ['one thread', 'two threads', 'cat', 'NumPy'];
  const cell = (speed) => (speed === undefined ? '–' : speed.toFixed(2));
  return {
    tables: [
      {
        caption: 'GB/s, medians',
        head: ['Type', ...names, 'two threads over cat'],
        rows: rows.map(({ dtype, speeds }) => [
          dtype,
          ...names.map((name) => cell(speeds[name])),
          `${(speeds['two threads'] / speeds.cat).toFixed(2)}×`,
        ]),
      },
    ],
    bars: [
      bar(
        'Two threads over cat',
        { atLeast: 0.8 },
        rows
          .filter(({ dtype }) => barTypes.includes(dtype))
          .map(({ dtype, speeds }) => ({
            label: dtype,
            value: speeds['two threads'] / speeds.cat,
          })),
      ),
    ],
    notes: [
      `A file of ${quick ? 32 : 256} MB in the page cache. NumPy: far fewer figures (zeros, sum, sum of squares, extremes) over a memory map.`,
    ],
  };
}
