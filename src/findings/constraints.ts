import type { Rule } from './rule';

export const constraints: readonly Rule[] = [];
