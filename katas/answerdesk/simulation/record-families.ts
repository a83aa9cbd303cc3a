import { between, pick } from '#kit/seeded.ts';
import type { Entities, EntityKind, Patch } from '../seams/records.ts';

export const KINDS = ['question', 'job', 'answer', 'delivery', 'feedback'] as const;

/** One of each kind, all of one question, of which the answer was delivered. */
export function family(
  seed: number,
  name: string,
  idOf = (kind: string) => `${kind}-${name}`,
): { [K in EntityKind]: Entities[K] } {
  const any = (what: string, low: number, high: number) => between(seed, `${what} ${name}`, low, high);
  const text = pick(seed, `text ${name}`, ["Where's my refund?", 'Größe "L" – $1?', '返品; DROP TABLE', 'a\\b\n{c}']);
  const lines = Array.from({ length: any('lines', 1, 4) }, (_, n) => ({
    item: `item ${any(`item ${n}`, 0, 99)}`,
    micros: any(`micros ${n}`, 0, 200_000_000_000),
  }));
  const [question, answer] = [idOf('question'), idOf('answer')];
  return {
    question: { id: question, tenant: pick(seed, `tenant ${name}`, ['acme', "o'neill"]), text, status: 'open' },
    job: { id: idOf('job'), questionId: question, phase: 'running', attempts: any('attempts', 0, 4) },
    answer: { id: answer, questionId: question, text: `${text} Yes.`, withdrawn: false, lines, total: sumOf(lines) },
    delivery: { id: idOf('delivery'), answerId: answer, channel: 'mail', state: 'sent' },
    feedback: { id: idOf('feedback'), answerId: answer, stars: any('stars', 0, 5), comment: '' },
  };
}
export const sumOf = (lines: Entities['answer']['lines']) => lines.reduce((sum, { micros }) => sum + micros, 0);
/** A change of each kind that no rule forbids. */
export function changes(seed: number, name: string): { [K in EntityKind]: Patch<K> } {
  const lines = [{ item: `change ${name}`, micros: between(seed, `change ${name}`, 0, 9_000) }];
  return {
    question: pick<Patch<'question'>>(seed, `question ${name}`, [{ status: 'closed' }, { text: `text ${name}` }]),
    job: pick<Patch<'job'>>(seed, `job ${name}`, [{ phase: 'done' }, { attempts: 0, phase: 'failed' }]),
    answer: pick<Patch<'answer'>>(seed, `answer ${name}`, [{ text: '' }, { lines, total: sumOf(lines) }]),
    delivery: pick<Patch<'delivery'>>(seed, `delivery ${name}`, [{ state: 'failed' }, { channel: `chat ${name}` }]),
    feedback: pick<Patch<'feedback'>>(seed, `feedback ${name}`, [{ stars: 0 }, { comment: `comment ${name}` }]),
  };
}

export type Family = ReturnType<typeof family>;

/** What must be there for such an entity, in order, and itself. */
export const needed = (kind: EntityKind) => {
  const needs: Record<EntityKind, readonly EntityKind[]> = {
    question: [],
    job: ['question'],
    answer: ['question'],
    delivery: ['question', 'answer'],
    feedback: ['question', 'answer', 'delivery'],
  };
  return [...needs[kind], kind];
};
