/** What there is to learn, as this copy has it: the groups in the recommended order. */
export interface Course {
  groups: CourseGroup[];
}

export interface CourseGroup {
  /** 1–12 */
  number: number;
  /** The failure. */
  name: string;
  /** This copy has it. */
  here: boolean;
  /** Katas on the map, whether this copy has them or not. */
  size: number;
  /** Digest of the gate and its incident's files; null where there is no gate. */
  gate: string | null;
  katas: CourseKata[];
}

export interface CourseKata {
  id: string;
  title: string;
  pattern: string;
  /** Of its folder, from the repository. */
  path: string;
  /** The most there is to get. */
  points: number;
  /** Titles of its behaviours aren't known without a run, their points are. */
  behaviours: { id: string; points: number }[];
  /** Digest of suite and fixture as they are now. */
  edition: string;
  /** Digest of the learner's file as it is now; null where there is none. */
  answer: string | null;
  untouched: boolean;
}

/** The map's 90 katas, by group. */
export const KATAS_PER_GROUP: Readonly<Record<number, number>> = {
  1: 10,
  2: 5,
  3: 9,
  4: 7,
  5: 11,
  6: 8,
  7: 6,
  8: 9,
  9: 5,
  10: 6,
  11: 10,
  12: 4,
};
