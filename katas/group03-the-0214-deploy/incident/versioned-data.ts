import type { CreatePriceBook, PriceBook, PriceBookEvent, PriceVersion } from '#answerdesk/seams/price-book.ts';
import { arriveInTurn } from '#answerdesk/simulation/asking.ts';
import type { Recording } from '#kit/events.ts';
import { between, pick, roll, shuffled } from '#kit/seeded.ts';
import type { Connection, Database } from '#kit/sql/database.ts';
import type { Run } from '#kit/suite.ts';
import { BEGINS } from './script.ts';

/** Somebody opens an item's form, sees its latest version, and saves what he made of it. */
export interface PriceEdit {
  /** When the form was opened. Times in milliseconds since the scene began. */
  at: number;
  savesAfterMs: number;
  edit: string;
  item: string;
  micros: number;
  validFrom: string;
  by: string;
  why: string;
  event?: number;
}
/** An answer that was charged. */
export interface Charge {
  at: number;
  charge: string;
  item: string;
  event?: number;
}
/** The night in which the price table was changed, and what was charged by it. */
export interface PriceNight {
  seed: number;
  edits: readonly PriceEdit[];
  charges: readonly Charge[];
  restarts: readonly { at: number; worker: number }[];
  /** When the complaints come, and each charge is looked at again. */
  complaintsAt: number;
}

const SECOND = 1_000;
const MINUTE = 60_000;
const WORKERS = 4;
const ITEMS = ['sol-large', 'sol-small', 'sol-mini'] as const;
const iso = (at: number) => new Date(BEGINS + at).toISOString();

/** Three hours: a price list, and changes for now, for later and for what was wrong all the time. */
export function priceNight(seed: number): PriceNight {
  const edits: PriceEdit[] = ITEMS.map((item, n) => ({
    at: n * SECOND,
    savesAfterMs: 200,
    edit: `e-${n + 1}`,
    item,
    micros: between(seed, `list ${item}`, 10, 90) * 100_000,
    validFrom: iso(-18 * 24 * 60 * MINUTE),
    by: 'import',
    why: 'list price',
  }));
  const kinds = ['now', 'later', 'earlier', 'now', 'later', 'earlier'] as const;
  for (const [n, kind] of shuffled(seed, 'kinds', kinds).entries()) {
    const at = (10 + n * 28) * MINUTE + between(seed, `edit ${n}`, 0, 9) * MINUTE;
    const savesAfterMs = between(seed, `thinks ${n}`, 4, 18) * SECOND;
    const item = pick(seed, `item ${n}`, ITEMS);
    const [validFrom, by, why] = {
      now: [iso(at + savesAfterMs), 'mara', 'new list price'] as const,
      later: [iso(at + between(seed, `later ${n}`, 20, 70) * MINUTE), 'mara', 'announced'] as const,
      earlier: [iso(at - between(seed, `earlier ${n}`, 20, 90) * MINUTE), 'jonas', 'was wrong in the list'] as const,
    }[kind];
    const micros = between(seed, `micros ${n}`, 10, 90) * 100_000;
    edits.push({ at, savesAfterMs, edit: `e-${edits.length + 1}`, item, micros, validFrom, by, why });
    if (n !== 2 && roll(seed, `both ${n}`) > 0.25) continue;
    const promised = { micros: Math.round(micros * 0.8), validFrom: iso(at), by: 'ines', why: 'promised to a tenant' };
    edits.push({ at: at + SECOND, savesAfterMs: savesAfterMs - 995, edit: `e-${edits.length + 1}`, item, ...promised });
  }
  const charges = Array.from({ length: 14 }, (_, n) => ({
    at: 2 * MINUTE + n * 14 * MINUTE + between(seed, `charge ${n}`, 40, 55) * SECOND,
    charge: `c-${String(n + 1).padStart(2, '0')}`,
    item: pick(seed, `charged ${n}`, ITEMS),
  }));
  const restarts = Array.from({ length: 2 * WORKERS }, (_, n) => ({
    at: (4 + n) * MINUTE + 30 * SECOND,
    worker: n % WORKERS,
  }));
  return { seed, edits, charges, restarts, complaintsAt: 4 * 60 * MINUTE };
}

/** The same night from its recording. */
export function recordedPriceNight({ events, at }: Recording): PriceNight {
  const all = <T>(type: string) =>
    events
      .filter((event) => event.type === type)
      .map((event) => ({ ...(event.data as T), at: at(event), event: event.id }));
  return {
    ...priceNight(0),
    edits: all<PriceEdit>('PriceFormOpened'),
    charges: all<Charge>('AnswerFinished'),
    restarts: all<{ worker: number }>('PriceDeskRestarted'),
  };
}

export interface PlayedNight {
  charged: {
    charge: Charge;
    micros: number | undefined;
    said: number | undefined;
    today: number | undefined;
    at: string;
  }[];
  /** What was saved, as its editor was told. */
  saved: { edit: PriceEdit; version: PriceVersion }[];
  histories: Map<string, PriceVersion[]>;
  /** Calls that rejected without saying that somebody was first. */
  failures: { what: string; error: Error; event: number | undefined }[];
}

const reads = (text: string) => /^\s*(select|begin|commit)/i.test(text);
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Plays the night on four workers. A write is 20 ms on its way to the database. */
export async function playPriceNight(
  night: PriceNight,
  create: CreatePriceBook,
  database: Database,
  { clock, history }: Run,
): Promise<PlayedNight> {
  const note = (stream: string, type: string, data: object) => void history.record({ stream, type, data });
  const emit = ({ type, data }: PriceBookEvent) => note(data.item, type, data);
  const books: PriceBook[] = [];
  const connections = Array.from({ length: WORKERS }, (_, n) =>
    database.connect({ name: `worker ${n + 1}`, before: ({ text }) => (reads(text) ? undefined : sleep(20)) }),
  );
  const start = (n: number) => {
    books[n] = create({ sql: (connections[n] as Connection).sql, emit });
  };
  for (let n = 0; n < WORKERS; n++) start(n);
  let turn = 0;
  const book = () => books[turn++ % WORKERS] as PriceBook;

  const played: PlayedNight = { charged: [], saved: [], histories: new Map(), failures: [] };
  async function change(edit: PriceEdit): Promise<void> {
    const { savesAfterMs, item, micros, validFrom, by, why } = edit;
    note(item, 'PriceFormOpened', { edit: edit.edit, item, micros, validFrom, by, why, savesAfterMs });
    let expected = (await book().history(item)).at(-1)?.version ?? 0;
    await sleep(savesAfterMs);
    for (let tries = 0; tries < 5; tries++) {
      try {
        const version = await book().put({ item, micros, validFrom, by, why, expected });
        played.saved.push({ edit, version: { ...version } });
        return note(item, 'PriceFormSaved', { edit: edit.edit, version: version.version });
      } catch (error) {
        const { code, actual } = error as { code?: string; actual?: number };
        if (code !== 'VERSION_CONFLICT' || actual === undefined) throw error;
        note(item, 'PriceFormRefused', { edit: edit.edit, expected, actual });
        await sleep(20 * SECOND);
        expected = actual;
      }
    }
  }
  async function charge(one: Charge): Promise<void> {
    const { item, charge } = one;
    note(item, 'AnswerFinished', { charge, item });
    const at = new Date().toISOString();
    const micros = (await book().asOf(item))?.micros;
    note(item, 'AnswerCharged', { charge, micros });
    played.charged.push({ charge: one, micros, at, said: undefined, today: undefined });
  }

  const failed = (what: string, event: number | undefined) => (error: Error) =>
    void played.failures.push({ what, error, event });
  const happenings = [
    ...night.edits.map((edit) => ({
      at: edit.at,
      happen: () => change(edit).catch(failed(`a change of ${edit.item}`, edit.event)),
    })),
    ...night.charges.map((one) => ({
      at: one.at,
      happen: () => charge(one).catch(failed(`the price of ${one.item}`, one.event)),
    })),
    ...night.restarts.map(({ at, worker }) => ({
      at,
      happen: async () => {
        note(`worker ${worker + 1}`, 'PriceDeskRestarted', { worker });
        start(worker);
      },
    })),
  ];
  arriveInTurn(happenings, ({ happen }) => happen());
  await clock.advance(night.complaintsAt);

  const desk = create({ sql: database.connect({ name: 'desk' }).sql, emit });
  const look = async () => {
    for (const one of played.charged) {
      one.said = (await desk.asOf(one.charge.item, { validAt: one.at, knownAt: one.at }))?.micros;
      one.today = (await desk.asOf(one.charge.item, { validAt: one.at }))?.micros;
    }
    for (const item of ITEMS) played.histories.set(item, await desk.history(item));
  };
  await look().catch(failed('a look at the past', undefined));
  for (const { charge, micros, said } of played.charged) {
    if (said !== micros) note(charge.item, 'ChargeQuestioned', { charge: charge.charge, charged: micros, said });
  }
  return played;
}
