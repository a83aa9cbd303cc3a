import * as v from 'valibot';
import { group01 } from './events/group01.ts';
import { group02 } from './events/group02.ts';
import { group03 } from './events/group03.ts';
import { group05 } from './events/group05.ts';
import type { EventShapes } from './events/shapes.ts';

/** What may stand in a recording. A type that several scenes use may have any of the shapes that they give it. */
export const vocabulary: EventShapes = merged([...group01, ...group02, ...group03, ...group05]);

function merged(all: readonly EventShapes[]): EventShapes {
  const shapes: Record<string, v.GenericSchema[]> = {};
  for (const [type, shape] of all.flatMap((one) => Object.entries(one)))
    shapes[type] = [...(shapes[type] ?? []), shape];
  return Object.fromEntries(
    Object.entries(shapes).map(([type, either]) => [
      type,
      either.length === 1 ? (either[0] as v.GenericSchema) : v.union(either),
    ]),
  );
}
