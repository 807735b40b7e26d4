import { toSnakeCase } from '../../core/snakeCase';

/** Automatic names of one session: the first of a class has no number, the next are `_1`, `_2`, … */
export interface AutomaticNames {
  /** A `*` stands for a number that is not known. */
  next(className: string): string;
  /** What `make` makes is made an unknown number of times: nobody knows the numbers of these classes any more. */
  repeatedly(make: () => void): void;
}

export function automaticNames(): AutomaticNames {
  const counts = new Map<string, number>();
  const lost = new Set<string>();
  let openCount = 0;
  return {
    next: (className) => {
      const base = toSnakeCase(className);
      const count = counts.get(base) ?? 0;
      counts.set(base, count + 1);
      if (openCount > 0) lost.add(base);
      if (lost.has(base)) return `${base}_*`;
      return count === 0 ? base : `${base}_${count}`;
    },
    repeatedly: (make) => {
      openCount++;
      make();
      openCount--;
    },
  };
}
