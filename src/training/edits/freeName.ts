import type { Module } from '../module';
import type { SyntaxNode } from '../source';

/** The first of some names that means nothing yet where the node stands; undefined where all are taken. */
export function freeName(
  { names }: Module,
  at: SyntaxNode,
  ...candidates: readonly string[]
): string | undefined {
  return candidates.find((candidate) => names.lookup(candidate, at).length === 0);
}
