import { group01 } from './events/group01.ts';
import { group02 } from './events/group02.ts';
import { group03 } from './events/group03.ts';
import type { EventShapes } from './events/shapes.ts';

/** What may stand in a recording. */
export const vocabulary: EventShapes = { ...group01, ...group02, ...group03 };
