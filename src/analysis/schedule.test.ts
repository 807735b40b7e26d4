import { describe, expect, it } from 'vitest';

import { plainView } from '../core/matrixView';
import type { Tensor } from '../core/tensor';
import type { LayerStatistics } from './measurer';
import { addSpectrum, addStatistics, newEntry, type LayerEntry } from './entry';
import { Schedule, type Task } from './schedule';

const nothing = { metrics: {}, baselines: {}, bounds: {}, missing: [] };

function entry(index: number, rows: number, columns: number, role = 'matrix' as const): LayerEntry {
  const weight: Tensor = {
    name: `layer${index}.weight`,
    shape: [rows, columns],
    dtype: 'f32',
    data: { read: () => Promise.reject(new Error('not read here')) },
  };
  const layer = {
    name: `layer${index}`,
    role,
    weight,
    companions: [],
    oriented: { view: plainView(rows, columns), orientation: 'known' as const },
  };
  return newEntry(index, layer, new Map());
}

const statistics: LayerStatistics = { measured: nothing, count: 1, zeroCount: 0, l2: 1 };

function streamed(...shapes: readonly (readonly [number, number])[]): LayerEntry[] {
  const entries = shapes.map(([rows, columns], index) => entry(index, rows, columns));
  for (const one of entries) addStatistics(one, statistics);
  return entries;
}

const plan = { maxSpectrumSide: 4096, budgetSeconds: 60 };

const named = (task: Task | 'wait' | undefined): unknown =>
  task === undefined || task === 'wait'
    ? task
    : task.kind === 'tensor'
      ? `tensor ${task.index}`
      : task.kind === 'statistics'
        ? `statistics ${task.entry.index}`
        : `${task.precision} ${task.entry.index}`;

/** Takes tasks and finishes each before the next, as one measurer would. */
function order(schedule: Schedule, seconds = 0): unknown[] {
  const taken: unknown[] = [];
  for (;;) {
    const task = schedule.take();
    if (task === undefined || task === 'wait') return taken;
    taken.push(named(task));
    if (task.kind === 'statistics') addStatistics(task.entry, statistics);
    if (task.kind === 'spectrum') {
      const { precision } = task;
      addSpectrum(task.entry, { measured: nothing, pairs: [], precision, seconds });
    }
    schedule.finish(task, seconds);
  }
}

describe('the order of measuring', () => {
  it('is statistics in file order, then spectra from small to large', () => {
    const entries = [entry(0, 64, 64), entry(1, 8, 8), entry(2, 16, 16)];
    expect(order(new Schedule(entries, [7, 9], plan))).toEqual([
      ...['statistics 0', 'statistics 1', 'statistics 2', 'tensor 7', 'tensor 9'],
      ...['f64 1', 'f64 2', 'f64 0'],
    ]);
  });

  it('begins with what the user looks at, a large layer in single precision', () => {
    const entries = [entry(0, 8, 8), entry(1, 3000, 3000)];
    const schedule = new Schedule(entries, [], plan);
    schedule.prefer(entries[1]!);
    expect(order(schedule)).toEqual(['statistics 1', 'f32 1', 'f64 1', 'statistics 0', 'f64 0']);
  });

  it('has nothing for a second measurer until the first has finished', () => {
    const schedule = new Schedule([entry(0, 8, 8)], [], plan);
    const first = schedule.take();
    expect(named(first)).toBe('statistics 0');
    expect(schedule.take()).toBe('wait');
  });

  it('hands out a task that was stopped once more', () => {
    const schedule = new Schedule([], [3], plan);
    const task = schedule.take();
    schedule.putBack(task as Task);
    expect(named(schedule.take())).toBe('tensor 3');
  });
});

describe('limits of measuring', () => {
  it('holds two large layers apart, and lets a small one run beside a large one', () => {
    const entries = streamed([4096, 11008], [4096, 11000], [64, 64]);
    const schedule = new Schedule(entries, [], { ...plan, budgetSeconds: 1e6 });
    expect(named(schedule.take())).toBe('f64 2');
    expect(named(schedule.take())).toBe('f64 1');
    expect(schedule.take()).toBe('wait');
  });

  it('estimates what is beyond the limit, and says that it can be measured', () => {
    const [large] = streamed([6000, 6000]);
    expect(order(new Schedule([large!], [], { ...plan, budgetSeconds: 600 }))).toEqual([
      'estimate 0',
    ]);
    expect(large?.report).toMatchObject({ state: 'done', precision: 'estimate' });
    expect(large?.leftOut).toBe('left out: 6000 singular values, the limit is 4096');
  });

  it('takes single precision, then an estimate, where the budget has no more', () => {
    // About 100, 55 and 13 seconds of the speed that is assumed.
    const work = (budgetSeconds: number): unknown[] => {
      const [layer] = streamed([4096, 11008]);
      return order(new Schedule([layer!], [], { ...plan, budgetSeconds }));
    };
    expect(work(60)).toEqual(['f64 0']);
    expect(work(30)).toEqual(['f32 0']);
    expect(work(15)).toEqual(['estimate 0']);
    expect(work(5)).toEqual([]);
  });

  it('counts what is running as spent', () => {
    const entries = streamed([2048, 2048], [2048, 2049]);
    const schedule = new Schedule(entries, [], { ...plan, budgetSeconds: 4.5 });
    expect(named(schedule.take())).toBe('f64 0');
    expect(named(schedule.take())).not.toBe('f64 1');
  });

  it('forgets what was left out where it is asked for by hand', () => {
    const [layer] = streamed([64, 64]);
    const schedule = new Schedule([layer!], [], { ...plan, budgetSeconds: 0 });
    expect(order(schedule)).toEqual([]);
    expect(layer?.leftOut).toMatch(/^left out: about 1 s/);
    expect(schedule.reasonAgainst(layer!)).toBeUndefined();
    expect(named(schedule.takeNow(layer!))).toBe('f64 0');
  });
});
