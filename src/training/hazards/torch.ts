import type { Hazard } from './hazard';

export const torchHazards: readonly Hazard[] = [];
