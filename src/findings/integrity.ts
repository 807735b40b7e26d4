import type { Rule } from './rule';

export const integrity: readonly Rule[] = [];
