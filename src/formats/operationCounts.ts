/** How often each operation of a graph occurs, the most frequent first: a whole graph would drown what a file declares. */
export function countOperations(nodes: Iterable<{ readonly op: string }>): {
  [op: string]: number;
} {
  const counts = new Map<string, number>();
  for (const { op } of nodes) counts.set(op, (counts.get(op) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
}
