/** What two files are called side by side: the shortest ends of their paths that differ. */
export function labelsOf(a: string, b: string): readonly [a: string, b: string] {
  const [partsOfA, partsOfB] = [a, b].map((path) => path.split('/').filter((part) => part !== ''));
  if (!partsOfA || !partsOfB) return [a, b];
  const longest = Math.max(partsOfA.length, partsOfB.length);
  for (let count = 1; count <= longest; count++) {
    const labels = [partsOfA, partsOfB].map((parts) => parts.slice(-count).join('/'));
    const [first = a, second = b] = labels;
    if (first !== second) return [first, second];
  }
  return [partsOfA.at(-1) ?? a, partsOfB.at(-1) ?? b];
}
