import type { Problem } from '../kernel/problem.ts';

/** What kata.json says. */
export interface KataFacts {
  /** '1.5' */
  id: string;
  pattern: string;
  title: string;
  objective: string;
  outOfScope: string[];
  hints: [string, string, string];
  /** Points per behaviour id. */
  points: Record<string, number>;
  /** Libraries and `node:` modules that an answer may import, beside `#answerdesk/…`. */
  allow: string[];
  references: string[];
  /** 'own': the kata's suite records its incident.jsonl itself; otherwise it is a slice of the group's recording. */
  recording: 'slice' | 'own';
}

/** One kata, with absolute paths. */
export interface Kata extends KataFacts {
  /** Number of its group. */
  group: number;
  /** Number within its group. */
  number: number;
  /** Folder name, '05-retry'. */
  slug: string;
  folder: string;
  /** The learner's file. */
  file: string;
  suite: string;
  recordingFile: string;
  /** The mirror under solutions/. */
  solutionFolder: string;
  starter: string;
  solution: string;
}

export interface Group {
  /** 1–12. */
  number: number;
  /** Folder name, 'group01-the-answers-stopped'. */
  slug: string;
  /** The failure's name on the map. */
  name: string;
  folder: string;
  solutionFolder: string;
  /** Absent while nobody has written it. */
  gate?: string;
  katas: Kata[];
}

export interface Catalogue {
  /** The repository. */
  root: string;
  groups: Group[];
  /** What could not be loaded, or only in part. */
  problems: Problem[];
}
