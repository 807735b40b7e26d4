import type { Rule } from './rule';

export const normalization: readonly Rule[] = [];
