import type { SqlPort } from '../sql-port.ts';

/** What Answerdesk keeps about one question, as entities with a life of their own. Money in micro-units. */
export interface Entities {
  question: { id: string; tenant: string; text: string; status: 'open' | 'closed' };
  job: { id: string; questionId: string; phase: 'queued' | 'running' | 'done' | 'failed'; attempts: number };
  /** `total` is the sum of its lines, always. */
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

/** From 1; grows with each change of this entity and of no other. */
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

/**
 * Kata 3.3. What is refused rejects with a code: 'VERSION_CONFLICT' (with `expected` and `actual`), 'NOT_FOUND',
 * 'ALREADY_EXISTS', or 'RULE_BROKEN', whose message names the rule: an answer needs its question, a delivery an answer
 * that isn't withdrawn, feedback an answer that was delivered, a total its lines.
 */
export interface Records {
  create: <K extends EntityKind>(kind: K, entity: Entities[K]) => Promise<Versioned<Entities[K]>>;
  change: <K extends EntityKind>(
    kind: K,
    id: string,
    expected: number,
    patch: Partial<Omit<Entities[K], 'id'>>,
  ) => Promise<Versioned<Entities[K]>>;
  /** Removes this entity and no other. */
  remove: (kind: EntityKind, id: string, expected: number) => Promise<void>;
  get: <K extends EntityKind>(kind: K, id: string) => Promise<Versioned<Entities[K]> | undefined>;
  view: (questionId: string) => Promise<QuestionView | undefined>;
}

/** `schema` is the DDL it works on, run once on an empty database. */
export type CreateRecords = (ports: RecordsPorts) => Records;
