import type { Course, CourseKata } from './course.ts';
import { editionDigest } from './evolve.ts';

export function courseKata(id: string, over: Partial<CourseKata> & { suite?: string } = {}): CourseKata {
  const { suite = 'suite-1', ...more } = over;
  return {
    id,
    title: `Title of ${id}`,
    pattern: `Pattern of ${id}`,
    path: `katas/group/${id}`,
    points: 5,
    behaviours: [
      { id: 'incident', points: 3 },
      { id: 'trade-off', points: 2 },
    ],
    edition: editionDigest({ suite, fixture: 'fixture-1' }),
    answer: 'right',
    untouched: false,
    ...more,
  };
}

/** Groups 1 and 2 are here, the third isn't. */
export function course(...katas: CourseKata[]): Course {
  const of = (group: number) => katas.filter(({ id }) => id.startsWith(`${group}.`));
  return {
    groups: [
      { number: 1, name: 'Slow', here: true, size: 10, gate: 'gate-1', katas: of(1) },
      { number: 2, name: 'Doubled', here: true, size: 5, gate: 'gate-1', katas: of(2) },
      { number: 3, name: 'Forgotten', here: false, size: 9, gate: null, katas: [] },
    ],
  };
}
