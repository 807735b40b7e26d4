import type { Rule } from './rule';

export const recurrent: readonly Rule[] = [];
