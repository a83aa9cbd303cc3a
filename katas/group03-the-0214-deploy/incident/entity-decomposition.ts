import { isDeepStrictEqual } from 'node:util';
import type {
  CreateRecords,
  Entities,
  EntityKind,
  QuestionView,
  Records,
  Versioned,
} from '#answerdesk/seams/records.ts';
import { arriveInTurn } from '#answerdesk/simulation/asking.ts';
import type { readRecording } from '#kit/events.ts';
import { between, pick, roll } from '#kit/seeded.ts';
import type { Database } from '#kit/sql/database.ts';
import type { Run } from '#kit/suite.ts';

/** What one of the five writers has to write about a question. */
export interface Write {
  /** Milliseconds since the scene began. */
  at: number;
  question: string;
  kind: EntityKind;
  id: string;
  /** A whole entity to be made, or else what is to be changed of it. */
  create?: object;
  patch?: object;
  event?: number;
}
export interface RecordsNight {
  seed: number;
  writes: readonly Write[];
}

/** Each kind has a writer, a process of its own. */
const WRITERS: readonly EntityKind[] = ['question', 'job', 'answer', 'delivery', 'feedback'];
const MOST_QUESTIONS = 8;
/** Whatever a writer does for a question falls on a millisecond of its own in each of these, so no two statements race for one. */
const GRID = WRITERS.length * MOST_QUESTIONS;

/** Questions while the deploy restarts the pools: each with its job, answer, delivery and feedback, written by five processes. */
export function recordsNight(seed: number, questions: number): RecordsNight {
  const writes = Array.from({ length: questions }, (_, n) => writesOf(seed, n)).flat();
  return { seed, writes: writes.sort((a, b) => a.at - b.at) };
}

function writesOf(seed: number, n: number): Write[] {
  const question = `q-${String(n + 1).padStart(2, '0')}`;
  const [job, answer, delivery, feedback] = ['job', 'answer', 'delivery', 'feedback'].map(
    (kind) => `${question}/${kind}`,
  );
  const writes: Write[] = [];
  const took = (what: string, low: number, high: number) => between(seed, `${what} ${question}`, low, high);
  const write = (after: number, kind: EntityKind, id = '', what: Pick<Write, 'create' | 'patch'>) => {
    const slot = n * WRITERS.length + WRITERS.indexOf(kind);
    const at = n * 4_000 + after;
    writes.push({ at: Math.floor(at / GRID) * GRID + slot, question, kind, id, ...what });
  };
  const tenant = pick(seed, `tenant ${question}`, ['acme', 'borealis', 'cobalt']);
  const tokens = { item: 'tokens', micros: took('tokens', 100, 9_000) };
  const fee = { item: 'retrieval', micros: took('fee', 100, 900) };
  const said = pick(seed, `text ${question}`, ['Where is my refund?', 'Can I return it?', 'Why was I billed twice?']);

  write(0, 'question', question, { create: { id: question, tenant, text: said, status: 'open' } });
  write(200, 'job', job, { create: { id: job, questionId: question, phase: 'queued', attempts: 0 } });
  write(500, 'job', job, { patch: { phase: 'running', attempts: 1 } });
  const answered = 700 + took('answered', 300, 3_000);
  const text = `Answer to ${question}`;
  const billed = { lines: [tokens], total: tokens.micros };
  write(answered, 'answer', answer, {
    create: { id: answer, questionId: question, text, withdrawn: false, ...billed },
  });
  write(answered + took('done', -60, 60), 'job', job, { patch: { phase: 'done' } });
  const sent = answered + took('sent', 250, 450);
  const channel = pick(seed, `channel ${question}`, ['mail', 'chat', 'web']);
  write(sent, 'delivery', delivery, { create: { id: delivery, answerId: answer, channel, state: 'pending' } });
  write(sent + 300, 'delivery', delivery, { patch: { state: 'sent' } });
  write(sent + took('settled', 240, 360), 'answer', answer, {
    patch: { lines: [tokens, fee], total: tokens.micros + fee.micros },
  });
  const rated = sent + took('rated', 400, 700);
  const stars = took('stars', 1, 5);
  write(rated, 'feedback', feedback, { create: { id: feedback, answerId: answer, stars, comment: '' } });
  write(rated + took('closed', -60, 60), 'question', question, { patch: { status: 'closed' } });
  if (roll(seed, `comment ${question}`) < 0.7) {
    write(rated + 300, 'feedback', feedback, { patch: { comment: `after ${question}` } });
  }
  return writes;
}

/** The same night from its recording. */
export function recordedRecordsNight({ events, at }: ReturnType<typeof readRecording>): RecordsNight {
  const asked = events.filter(({ type }) => type === 'RecordWriteAsked');
  return {
    seed: 0,
    writes: asked.map((event) => ({ ...(event.data as unknown as Write), at: at(event), event: event.id })),
  };
}

export interface PlayedRecords {
  acknowledged: Write[];
  /** Never acknowledged, with what it was refused for. */
  refused: { write: Write; error: { code?: string; message?: string } }[];
  /** Acknowledged, and not there in the morning. */
  undone: Write[];
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
/** After a refusal a writer tries again, for as long as a queue would let it. */
const TRIES = 8;

/** Plays the night on five processes, each with a database that is cold: one to three beats of the grid away. */
export async function playRecordsNight(
  night: RecordsNight,
  create: CreateRecords,
  database: Database,
  { clock, history }: Run,
): Promise<PlayedRecords> {
  const note = ({ question, kind, id }: Write, type: string, data: object, causationId?: number) =>
    history.record({ stream: question, type, data: { kind, id, ...data }, ...(causationId && { causationId }) });
  const writers = new Map<EntityKind, Records>();
  for (const kind of WRITERS) {
    const before = () => sleep(GRID);
    writers.set(kind, create({ sql: database.connect({ name: `writer of ${kind}`, before }).sql }));
  }
  const played: PlayedRecords = { acknowledged: [], refused: [], undone: [] };

  async function perform(write: Write, asked: number): Promise<void> {
    const records = writers.get(write.kind) as Records;
    for (let tries = 1; ; tries++) {
      try {
        const version = await attempt(records, write);
        note(write, 'RecordWritten', { version }, asked);
        return void played.acknowledged.push(write);
      } catch (error) {
        const { code } = error as { code?: string };
        const told = { code: code ?? (error as Error).name };
        if (tries === 1) note(write, 'RecordWriteRefused', told, asked);
        if (tries === TRIES) {
          note(write, 'RecordWriteGivenUp', told, asked);
          return void played.refused.push({ write, error: error as Error });
        }
        await sleep(code === 'VERSION_CONFLICT' ? 0 : GRID * 10);
      }
    }
  }
  const inTurn = new Map<string, Promise<void>>();
  arriveInTurn(night.writes, (write) => {
    const { question, at: _, event: __, ...data } = write;
    const asked = note(write, 'RecordWriteAsked', { question, ...data });
    const line = `${write.kind} of ${question}`;
    inTurn.set(
      line,
      (inTurn.get(line) ?? Promise.resolve()).then(() => perform(write, asked)),
    );
  });
  await clock.advance((night.writes.at(-1)?.at ?? 0) + 2 * TRIES * GRID * 10);

  const office = create({ sql: database.connect({ name: 'back office' }).sql });
  for (const question of new Set(night.writes.map((write) => write.question))) {
    const page = await office.view(question).catch(() => undefined);
    const mine = played.acknowledged.filter((write) => write.question === question);
    const undone = mine.filter((write) => isUndone(write, page, mine));
    played.undone.push(...undone);
    const told = undone.map(({ kind, patch }) => `${kind}${patch ? ` ${Object.keys(patch).join(' ')}` : ''}`);
    history.record({ stream: question, type: 'RecordPageShown', data: { question, undone: told } });
  }
  return played;
}

async function attempt(records: Records, { kind, id, create, patch }: Write): Promise<number> {
  try {
    if (create) return (await records.create(kind, structuredClone(create) as Entities[typeof kind])).version;
  } catch (error) {
    if ((error as { code?: string }).code === 'ALREADY_EXISTS') return 1;
    throw error;
  }
  const before = await records.get(kind, id);
  if (!before) throw Object.assign(new Error(`${kind} ${id} is not there`), { code: 'NOT_FOUND' });
  return (await records.change(kind, id, before.version, structuredClone(patch) ?? {})).version;
}

/** Whether the page doesn't show what was written, and nobody has written it anew. */
function isUndone({ kind, id, create, patch, at }: Write, page: QuestionView | undefined, all: Write[]): boolean {
  const entity = page && listOf(page, kind).find((each) => each.id === id);
  if (!entity) return true;
  const later = all.filter((other) => other.kind === kind && other.id === id && other.at > at && other.patch);
  return Object.entries(create ?? patch ?? {}).some(
    ([field, value]) =>
      !later.some((other) => field in (other.patch ?? {})) &&
      !isDeepStrictEqual(structuredClone(entity[field as keyof typeof entity]), value),
  );
}

export function listOf(page: QuestionView, kind: EntityKind): readonly Versioned<{ id: string }>[] {
  const { question, jobs, answers, deliveries, feedback } = page;
  return { question: [question], job: jobs, answer: answers, delivery: deliveries, feedback }[kind];
}
