import type { FindingsChange } from '../../core/comparison';
import type { Finding } from '../../core/finding';

/**
 * What the rules say of B and not of A, and the reverse. A finding stays where the same rule fires on the same layers, whatever those
 * are called in B; then where it fires on some of them.
 *
 * @param nameInA what a layer of B is called in A, where it has a partner there
 */
export function findingsChange(
  a: readonly Finding[],
  b: readonly Finding[],
  nameInA: (name: string) => string | undefined,
): FindingsChange {
  const before = a.map((finding) => ({ finding, layers: new Set(finding.layers) }));
  const now = b.map((finding) => ({
    finding,
    layers: new Set(finding.layers.map((name) => nameInA(name) ?? `B: ${name}`)),
  }));
  const partners = new Map<Finding, Finding>();
  const taken = new Set<Finding>();
  for (const fits of [isSame, overlaps]) {
    for (const { finding, layers } of now) {
      if (partners.has(finding)) continue;
      const found = before.find(
        (one) =>
          one.finding.rule === finding.rule && !taken.has(one.finding) && fits(one.layers, layers),
      );
      if (!found) continue;
      partners.set(finding, found.finding);
      taken.add(found.finding);
    }
  }
  return {
    appeared: b.filter((finding) => !partners.has(finding)),
    gone: a.filter((finding) => !taken.has(finding)),
    stayed: [...partners].map(([later, earlier]) => ({ a: earlier, b: later })),
  };
}

function isSame(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((name) => b.has(name));
}

function overlaps(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return [...a].some((name) => b.has(name));
}
