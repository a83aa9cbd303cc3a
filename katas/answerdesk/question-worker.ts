import type { Answer, Ask, Emit, Question } from './domain.ts';
import type { CommandBus, CommandHandler, CommandJournal } from './seams/command.ts';
import type { AnswerConfig } from './seams/singletons.ts';
import type { Seams } from './seams.ts';
import type { Settings } from './settings.ts';
import type { SqlPort } from './sql-port.ts';

export const ANSWER_QUESTION = { name: 'AnswerQuestion', version: 1 } as const;

/** A tenant's bill. A write says which holder of the lock it comes from; an older one is refused. */
export interface Bill {
  read: (tenant: string) => Promise<number>;
  write: (tenant: string, micros: number, token: number) => Promise<void>;
}

export interface QuestionWorkerPorts {
  enqueue: (item: unknown) => Promise<void>;
  journal: CommandJournal;
  load: () => Promise<AnswerConfig>;
  ask: Ask;
  bill: Bill;
  /** The answer to the command with this id: whoever waits gets it, and the asker is shown it. */
  deliver: (commandId: string, answer: Answer, config: AnswerConfig) => Promise<void>;
  sql: SqlPort;
  emit: Emit;
}

interface QuestionPayload {
  tenant: string;
  text: string;
  [field: string]: unknown;
}
type AskedWith = Question & { promptVersion: number; payload: QuestionPayload };

/** One process of those that take commands from the queue, or put them in. */
export function createQuestionWorker(seams: Seams, settings: Settings, ports: QuestionWorkerPorts) {
  const emit: Emit = (event) => ports.emit({ ...event });
  const hashing = seams.createHashing(settings.hashing);
  const singletons = seams.createSingletons({ load: ports.load, sql: ports.sql, emit });
  const deduplication = seams.createDeduplication(
    {
      emit,
      ask: async (question, options) => {
        const answer = await ports.ask(question, options);
        await charge(question.tenant);
        return answer;
      },
      identityOf: (question) => {
        const { tenant, text, model, promptVersion, payload } = question as AskedWith;
        return hashing.identityOf({ ...payload, tenant, text, model, promptVersion });
      },
    },
    settings.deduplication,
  );

  function charge(tenant: string): Promise<void> {
    return singletons.withLock(`bill of ${tenant}`, settings.billLockMs, async ({ token }) => {
      const before = await ports.bill.read(tenant);
      await ports.bill.write(tenant, before + settings.microsPerAnswer, token);
    });
  }

  const answerQuestion: CommandHandler = {
    ...ANSWER_QUESTION,
    execute: async (given, id) => {
      const payload = given as QuestionPayload;
      const config = await singletons.config();
      const { model, promptVersion } = config;
      const question: AskedWith = { id, tenant: payload.tenant, text: payload.text, model, promptVersion, payload };
      const { text } = await deduplication.ask(question);
      await ports.deliver(id, { questionId: id, text }, config);
      return { text };
    },
  };
  const bus: CommandBus = seams.createCommandBus({ enqueue: ports.enqueue, journal: ports.journal, emit }, [
    answerQuestion,
  ]);

  return {
    bus,
    /** Takes one message of the queue. Rejects where it has to come again. */
    take: (messageId: string, item: unknown) =>
      deduplication.receive(messageId, async () => {
        await bus.work(item);
      }),
  };
}
