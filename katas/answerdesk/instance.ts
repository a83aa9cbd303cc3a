import type { Emit } from './domain.ts';
import type { EventLog } from './event-log.ts';
import type { AuditLog, CreateAuditLog, KeyRing } from './seams/audit-log.ts';
import type { CanonicalQuestion, CreateChannels } from './seams/channels.ts';
import type { ConversationPorts, Conversations, CreateConversations } from './seams/conversation.ts';
import type { Claim, CreateJobQueue } from './seams/job-queue.ts';
import type { CreateKnowledgeBase, KnowledgeBase } from './seams/knowledge-base.ts';
import type { CreatePriceBook, PriceBook } from './seams/price-book.ts';
import type { CreateProjection, Projection, ProjectionPorts } from './seams/projection.ts';
import type { CreatePromptEditor } from './seams/prompt-editor.ts';
import type { CreateRecords, Entities, Records } from './seams/records.ts';
import type { Settings } from './settings.ts';
import type { SqlPort } from './sql-port.ts';

/** The seams of group 3: what keeps Answerdesk's state. */
export interface StateSeams {
  /** 3.1 */
  createConversations: CreateConversations;
  /** 3.2 */
  createJobQueue: CreateJobQueue;
  /** 3.3 */
  createRecords: CreateRecords;
  /** 3.4 */
  createChannels: CreateChannels;
  /** 3.5 */
  createPriceBook: CreatePriceBook;
  /** 3.6 */
  createAuditLog: CreateAuditLog;
  /** 3.7 */
  createProjection: CreateProjection;
  /** 3.8 */
  createPromptEditor: CreatePromptEditor;
  /** 3.9 */
  createKnowledgeBase: CreateKnowledgeBase;
}

export interface InstancePorts {
  /** Of this process: `worker 3`. */
  name: string;
  sql: SqlPort;
  log: EventLog;
  keys: KeyRing;
  conversations: Omit<ConversationPorts, 'emit'>;
  totals: Pick<ProjectionPorts, 'store' | 'sendMail'>;
  /** Asks the model; resolves to the text and the tokens that it took. */
  ask: (question: CanonicalQuestion) => Promise<{ text: string; tokens: number }>;
  /** Brings an answer to its asker, in the shape of the channel; whoever gets a key twice drops the second. */
  deliver: (key: string, to: unknown, question: CanonicalQuestion, text: string) => Promise<void>;
  emit: Emit;
}

export interface Instance {
  /** Resolves when the question is accepted: from then on it must be answered. */
  accept: (channel: string, raw: unknown) => Promise<CanonicalQuestion>;
  /** Takes one job and does it. False: there was none. */
  workOnce: () => Promise<boolean>;
  conversations: Conversations;
  records: Records;
  prices: PriceBook;
  audit: AuditLog;
  totals: Projection;
  knowledge: KnowledgeBase;
}

/** One process of Answerdesk: it serves requests and works off jobs. Whatever must outlive it goes through its ports. */
export function createInstance(seams: StateSeams, settings: Settings, ports: InstancePorts): Instance {
  const { sql, log, keys } = ports;
  const emit: Emit = (event) => ports.emit({ ...event });
  const channels = seams.createChannels();
  const jobs = seams.createJobQueue({ sql, emit }, settings.jobs);
  const records = seams.createRecords({ sql });
  const prices = seams.createPriceBook({ sql, emit });
  const audit = seams.createAuditLog({ log, keys, now: Date.now });

  async function note(type: string, question: CanonicalQuestion, data: Record<string, unknown>): Promise<void> {
    const stream = `audit-${question.id}`;
    const entries = await audit.read(stream);
    if (entries.some((entry) => entry.type === type)) return;
    const causationId = entries.at(-1)?.id ?? null;
    const record = { type, by: ports.name, why: 'asked', correlationId: question.id, causationId, data };
    const personal = { subject: question.asker.id, data: { text: question.text } };
    await audit.append(stream, type === 'QuestionAccepted' ? { ...record, personal } : record, entries.length - 1);
  }

  async function accept(channel: string, raw: unknown): Promise<CanonicalQuestion> {
    const question = channels.receive(channel, raw);
    const { id, tenant, text } = question;
    await unless('ALREADY_EXISTS', () => records.create('question', { id, tenant, text, status: 'open' }));
    await unless('WRONG_EXPECTED_REVISION', () => note('QuestionAccepted', question, { channel }));
    await jobs.enqueue({ id, tenant, payload: question });
    return question;
  }

  /** Each step is done once, whoever does it: what is there already is taken as it is. */
  async function answer(claim: Claim): Promise<void> {
    const question = claim.payload as CanonicalQuestion;
    const before = await records.view(question.id);
    const written = before?.answers[0] ?? (await write(question));
    await bill(question, written);
    const id = `${written.id}/delivery`;
    const pending = { id, answerId: written.id, channel: question.channel, state: 'pending' as const };
    const delivery =
      before?.deliveries[0] ??
      (await unless('ALREADY_EXISTS', () => records.create('delivery', pending))) ??
      (await records.get('delivery', id));
    if (!delivery) throw new Error(`${id} is gone`);
    if (delivery.state !== 'sent') {
      await ports.deliver(id, channels.write(question), question, written.text);
      await unless('VERSION_CONFLICT', () => records.change('delivery', id, delivery.version, { state: 'sent' }));
    }
    await unless('WRONG_EXPECTED_REVISION', () => note('AnswerDelivered', question, { delivery: id }));
    await jobs.complete(claim, { answer: written.id });
  }

  async function write(question: CanonicalQuestion) {
    const { text, tokens } = await ports.ask(question);
    const price = await prices.asOf(settings.pricedItem);
    const total = Math.round(((price?.micros ?? 0) * tokens) / 1e6);
    const id = `${question.id}/answer`;
    const lines = [{ item: `${tokens} tokens`, micros: total }];
    const answer = { id, questionId: question.id, text, withdrawn: false, lines, total };
    const written =
      (await unless('ALREADY_EXISTS', () => records.create('answer', answer))) ?? (await records.get('answer', id));
    if (!written) throw new Error(`${id} is gone`);
    return written;
  }

  async function bill({ id, tenant }: CanonicalQuestion, { total, lines }: Entities['answer']): Promise<void> {
    const tokens = Number.parseInt(lines[0]?.item ?? '0', 10);
    const billed = { type: 'AnswerBilled', data: { tenant, question: id, tokens, micros: total } };
    await unless('WRONG_EXPECTED_REVISION', () => log.append(`bill-${id}`, [billed], { expected: 'none' }));
  }

  async function workOnce(): Promise<boolean> {
    const claim = await jobs.claim(ports.name);
    if (!claim) return false;
    const beat = setInterval(() => void jobs.heartbeat(claim), settings.jobs.leaseMs / 3);
    try {
      await answer(claim);
    } catch (error) {
      await jobs.fail(claim, String((error as Error).message));
    } finally {
      clearInterval(beat);
    }
    return true;
  }

  return {
    accept,
    workOnce,
    records,
    prices,
    audit,
    conversations: seams.createConversations({ ...ports.conversations }),
    totals: seams.createProjection({ log, ...ports.totals }, settings.totals),
    knowledge: seams.createKnowledgeBase({ sql, emit }, settings.knowledge),
  };
}

/** Undefined where it was refused for that reason. */
async function unless<T>(code: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if ((error as { code?: string }).code === code) return undefined;
    throw error;
  }
}
