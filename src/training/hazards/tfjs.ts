import type { Hazard } from './hazard';

export const tfjsHazards: readonly Hazard[] = [];
