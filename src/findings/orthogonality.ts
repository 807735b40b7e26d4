import type { Rule } from './rule';

export const orthogonality: readonly Rule[] = [];
