import type { SqlPort } from '../sql-port.ts';

/** What Answerdesk keeps about one question, as entities with a life of their own. Money in micro-units, whole numbers below 10^12. */
export interface Entities {
  question: { id: string; tenant: string; text: string; status: 'open' | 'closed' };
  job: { id: string; questionId: string; phase: 'queued' | 'running' | 'done' | 'failed'; attempts: number };
  /** `total` is the sum of its lines, always. The lines keep their order. */
  answer: {
    id: string;
    questionId: string;
    text: string;
    withdrawn: boolean;
    lines: { item: string; micros: number }[];
    total: number;
  };
  delivery: { id: string; answerId: string; channel: string; state: 'pending' | 'sent' | 'failed' };
  feedback: { id: string; answerId: string; stars: number; comment: string };
}
export type EntityKind = keyof Entities;

/** What may change of an entity. Whose it is, it is for life. */
export type Patch<K extends EntityKind> = Partial<Omit<Entities[K], 'id' | 'tenant' | 'questionId' | 'answerId'>>;

/** From 1; grows by one with each change of this entity and of no other. */
export type Versioned<T> = T & { version: number };

/** A question with all that belongs to it, for one page of the back office. Lists in the order of creation. */
export interface QuestionView {
  question: Versioned<Entities['question']>;
  jobs: Versioned<Entities['job']>[];
  answers: Versioned<Entities['answer']>[];
  deliveries: Versioned<Entities['delivery']>[];
  feedback: Versioned<Entities['feedback']>[];
}

export interface RecordsPorts {
  sql: SqlPort;
}

export interface RecordRefused extends Error {
  /**
   * 'VERSION_CONFLICT': it was changed since. 'RULE_BROKEN': the message names the rule, one of these:
   * - a job and an answer need their question, a delivery and a feedback their answer, for as long as they are there;
   * - no delivery is made, set to 'pending' or to 'sent' when its answer is withdrawn;
   * - no answer is withdrawn while a delivery of it is 'pending';
   * - a feedback is given on an answer of which a delivery is 'sent' (that the delivery is removed later is no matter);
   * - the total of an answer is the sum of its lines.
   */
  code: 'VERSION_CONFLICT' | 'RULE_BROKEN' | 'NOT_FOUND' | 'ALREADY_EXISTS';
  /** With 'VERSION_CONFLICT': the version given, and the one that is there. */
  expected?: number;
  actual?: number;
}

/** What is refused rejects with a `RecordRefused` and has changed nothing. Ids are unique within a kind, not among kinds. */
export interface Records {
  create: <K extends EntityKind>(kind: K, entity: Entities[K]) => Promise<Versioned<Entities[K]>>;
  /** `expected` is the version that the change was made on. */
  change: <K extends EntityKind>(
    kind: K,
    id: string,
    expected: number,
    patch: Patch<K>,
  ) => Promise<Versioned<Entities[K]>>;
  /** Removes this entity and no other. */
  remove: (kind: EntityKind, id: string, expected: number) => Promise<void>;
  get: <K extends EntityKind>(kind: K, id: string) => Promise<Versioned<Entities[K]> | undefined>;
  /** As all of it was at one moment. */
  view: (questionId: string) => Promise<QuestionView | undefined>;
}

/** Kata 3.3. Called once in each process; `schema` is the DDL it works on, run once on an empty database. */
export type CreateRecords = (ports: RecordsPorts) => Records;
