import type { EventShapes } from './shapes.ts';

/** One object for each kata that records its own scene, and one for the incident. */
export const group03: EventShapes = {};
