import type { Answer, Emit, Question } from './domain.ts';
import { memoryJournal } from './memory-journal.ts';
import type { AskWithin } from './provider-client.ts';
import type { LadderAnswer, Rung } from './seams/degradation.ts';
import type { Gathered, Part } from './seams/partial-result.ts';
import type { Seams } from './seams.ts';
import type { Settings } from './settings.ts';

/** An answer with what it must say about itself. */
export interface FullAnswer extends Answer {
  rung: Rung['name'];
  degraded: boolean;
  ageMs: number;
  /** Names of the sources that it lacks. */
  missing: string[];
}

/** One place that knows something about a question. */
export interface Source {
  name: string;
  required: boolean;
  find: (question: Question, signal: AbortSignal) => Promise<string>;
}

export interface AnsweringPorts {
  askProvider: AskWithin;
  sources: readonly Source[];
  emit: Emit;
}

/** Gathers what is known, then answers on the best rung there is; a failure of both is retried by the API layer. */
export function createAnswering(seams: Seams, settings: Settings, ports: AnsweringPorts) {
  const emit: Emit = (event) => ports.emit({ ...event });
  const backoff = seams.createBackoff({ random: Math.random }, settings.backoff);
  const retry = seams.createRetry({ backoff, emit }, settings.retry);
  const runWorkflow = seams.createWorkflows({ journal: memoryJournal(), emit }, { concurrency: 2 });
  const ladder = seams.createLadder({ emit }, rungs(settings, ports.askProvider));
  let runs = 0;

  const gather = (question: Question): Promise<Gathered<string>> => {
    const parts = ports.sources.map(
      ({ name, required, find }): Part<string> => ({ name, required, load: (signal) => find(question, signal) }),
    );
    return seams.gatherParts({ emit, deliverLate: () => {} }, parts, settings.gatherWithinMs);
  };

  async function answerOnce(question: Question): Promise<FullAnswer> {
    const results = await runWorkflow(
      `${question.id}/${++runs}`,
      [
        { name: 'gather', run: () => gather(question) },
        { name: 'answer', dependsOn: ['gather'], run: () => ladder(question) },
      ],
      { questionId: question.id },
    );
    const { parts } = results['gather'] as Gathered<string>;
    const missing = parts.filter(({ status }) => status !== 'complete').map(({ name }) => name);
    return { ...(results['answer'] as LadderAnswer), missing };
  }

  return (question: Question): Promise<FullAnswer> =>
    retry({ name: 'answer', idempotent: true, run: () => answerOnce(question) });
}

function rungs(settings: Settings, ask: AskWithin): Rung[] {
  const cache = new Map<string, { text: string; asOf: number }>();
  const keyOf = ({ tenant, text }: Question) => JSON.stringify([tenant, text]);
  const within = (signal: AbortSignal) => ({ at: Date.now() + settings.answerWithinMs, signal });
  return [
    {
      name: 'fresh',
      budgetMs: 12_000,
      mayBeWrong: false,
      answer: async (question, signal) => {
        const { text } = await ask(question, within(signal));
        cache.set(keyOf(question), { text, asOf: Date.now() });
        return { text };
      },
    },
    { name: 'cached', budgetMs: 100, mayBeWrong: true, answer: async (question) => cache.get(keyOf(question)) ?? null },
    {
      name: 'smaller-model',
      budgetMs: 5_000,
      mayBeWrong: true,
      answer: async (question, signal) =>
        question.model === settings.smallModel
          ? null
          : ask({ ...question, model: settings.smallModel }, within(signal)),
    },
    {
      name: 'excerpts',
      budgetMs: 100,
      mayBeWrong: false,
      answer: async ({ text }) =>
        text.includes('refund') ? { text: 'From the handbook: refunds take five working days.' } : null,
    },
    {
      name: 'apology',
      budgetMs: 100,
      mayBeWrong: false,
      answer: async () => ({ text: 'We cannot answer this right now. A person will, by mail, today.' }),
    },
  ];
}
