import type { Hazard } from './hazard';

export const kerasHazards: readonly Hazard[] = [];
