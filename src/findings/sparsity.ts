import type { Rule } from './rule';

export const sparsity: readonly Rule[] = [];
