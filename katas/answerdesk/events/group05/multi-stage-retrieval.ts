import type { EventShapes } from '../shapes.ts';

export const shapes: EventShapes = {};
