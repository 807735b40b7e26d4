import type { Hazard } from './hazard';

export const flaxHazards: readonly Hazard[] = [];
