import type { Rule } from './rule';

export const randomMatrix: readonly Rule[] = [];
