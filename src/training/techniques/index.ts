import type { Technique } from './technique';

/** All techniques, in the order of the catalogue. A new one is a file and a line here. */
export const techniques: readonly Technique[] = [];
