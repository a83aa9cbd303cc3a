import { isDeepStrictEqual } from 'node:util';
import type { GatherParts } from '#answerdesk/seams/partial-result.ts';
import { type Gathering, gather, type Source } from '#answerdesk/simulation/gathering.ts';
import { readRecording } from '#kit/events.ts';
import { between, pick, roll, shuffled } from '#kit/seeded.ts';
import { behaviour, incident, must, type Run, tradeOff } from '#kit/suite.ts';
import {
  playTicketViews,
  recordedTicketViews,
  TICKET_VIEWS_SEED,
  type TicketView,
  ticketViews,
  VIEW_DEADLINE_MS,
} from '../incident/partial-result.ts';
import * as kata from './kata.ts';

const gatherParts: GatherParts = kata.gatherParts;
/** How punctual a result must be, in milliseconds. */
const RESOLUTION = 10;

incident(
  'an agent sees what four sources have although the fifth is slow or down, and the fifth when it comes',
  {
    recorded: () => recordedTicketViews(readRecording(new URL('./incident.jsonl', import.meta.url))),
    fresh: ticketViews,
    recordedSeed: TICKET_VIEWS_SEED,
  },
  async (scene, run) => {
    const views = await playTicketViews(scene, run, gatherParts);
    const customerDown = ({ view }: TicketView) => failed(view, 'customer');
    const waited = ({ view }: TicketView) => (view.endedAt ?? Infinity) - view.at;
    const due = views.filter((view) => !customerDown(view));
    const slow = due.filter((view) => waited(view) > VIEW_DEADLINE_MS + RESOLUTION);
    const broken = due.filter(({ view }) => view.failure);
    const waits = slow.filter(({ view }) => view.gathered);
    must(
      slow.length + broken.length === 0,
      () =>
        `${new Set([...slow, ...broken]).size} of ${views.length} tickets were not on the screen after ${seconds(VIEW_DEADLINE_MS)}: ${waits.length} waited up to ${seconds(Math.max(0, ...waits.map(waited)))} for one source of five, ${broken.length} were not shown at all because one source had failed`,
      [...slow, ...broken][0]?.event,
    );
    const lost = views.flatMap((ticket) => lostParts(ticket.view).map((part) => ({ part, ...ticket })));
    must(
      lost.length === 0,
      () =>
        `${lost.length} parts came after their ticket was shown and never reached the agent (first: ${lost[0]?.part})`,
      lost[0]?.event,
    );
    const blind = views.find((ticket) => customerDown(ticket) && !ticket.view.failure);
    must(!blind, () => `${blind?.id} was shown without its customer, who could not be looked up`, blind?.event);
    const wrong = due.find(({ view }) => view.gathered?.completeness !== share(view));
    must(
      !wrong,
      () =>
        `${wrong?.id} says that ${percent(wrong?.view.gathered?.completeness)} of it is there; it is ${percent(share(wrong?.view))}`,
      wrong?.event,
    );
  },
);

behaviour('deadline', 'a result is given at the deadline, or as soon as nothing more can come', async (run) => {
  for (const slowest of ['late', 'in time', 'failing', 'never']) {
    const deadlineMs = deadlineOf(run.seed, slowest);
    const sources = anySources(run.seed, slowest, deadlineMs, slowest === 'failing' ? 0.4 : 0);
    const [first] = sources;
    if (first && slowest === 'late') first.after = deadlineMs + between(run.seed, 'late', 500, 5_000);
    if (first && slowest === 'never') first.after = 3_600_000;
    const gathering = await play(sources, deadlineMs, run);
    const last = Math.max(...sources.map(({ after }) => after));
    const due = Math.min(last, deadlineMs);
    const { endedAt = Infinity, at } = gathering;
    const what = last > deadlineMs ? `the deadline was ${deadlineMs} ms` : `the last part came after ${last} ms`;
    must(endedAt - at <= due + RESOLUTION, `a result was given after ${ms(endedAt - at)}; ${what}`);
    must(
      endedAt - at >= due - RESOLUTION,
      `a result was given after ${ms(endedAt - at)}; ${what}, and it was still on its way`,
    );
    given(gathering);
  }
});

behaviour('side-by-side', 'all sources are asked at once, each of them once', async (run) => {
  const deadlineMs = deadlineOf(run.seed);
  const needed: Source = { name: 'customer', required: true, after: deadlineMs - 60, comes: { value: 'Ada' } };
  const sources = shuffled(run.seed, 'side', [needed, ...anySources(run.seed, 'side', deadlineMs, 0.2)]);
  const { loads, at } = await play(sources, deadlineMs, run);
  const asked = new Set(loads.map(({ name }) => name)).size;
  must(asked === sources.length, `${asked} of ${sources.length} sources were asked`);
  must(loads.length === asked, `${asked} sources were asked ${loads.length} times`);
  const late = loads.filter((load) => load.at > at + 1);
  must(late.length === 0, () => `${late[0]?.name} was asked ${ms((late[0]?.at ?? 0) - at)} after the first`);
});

behaviour(
  'status',
  'a result says of each part, in the order asked for, whether it is there, and why not',
  async (run) => {
    const deadlineMs = deadlineOf(run.seed);
    const sources = mixedSources(run.seed, 'status', deadlineMs);
    const gathering = await play(sources, deadlineMs, run);
    const { parts, completeness } = given(gathering);
    const names = (all: readonly { name: string }[]) => all.map(({ name }) => name).join(', ');
    must(
      names(parts) === names(sources),
      () => `asked for ${names(sources)}; the result has ${names(parts) || 'nothing'}`,
    );
    for (const [n, source] of sources.entries()) {
      const part = parts[n];
      const expected = statusOf(source, deadlineMs);
      must(part?.status === expected, () => `${told(source, deadlineMs)}; the result calls it ${part?.status}`);
      if ('failure' in source.comes && part?.status === 'failed') {
        const { message } = source.comes.failure;
        must(
          part.reason.includes(message),
          `${source.name} failed with "${message}"; the reason given is "${part.reason}"`,
        );
      }
      if ('value' in source.comes && part?.status === 'complete') same(source, part.value);
    }
    must(
      Math.abs(completeness - share(gathering)) < 1e-6,
      () => `${percent(share(gathering))} of the parts are there; the result says ${percent(completeness)}`,
    );
    const nothing = await play([], deadlineMs, run);
    const none = given(nothing);
    const waited = (nothing.endedAt ?? Infinity) - nothing.at;
    must(waited <= RESOLUTION, `no parts were asked for, and the caller waited ${ms(waited)}`);
    must(
      none.parts.length === 0 && none.completeness === 1,
      () => `of no parts all are there; the result says ${percent(none.completeness)}`,
    );
  },
);

behaviour('late', 'what comes after the result is delivered then, once, and nobody stops it', async (run) => {
  const deadlineMs = deadlineOf(run.seed);
  const sources = mixedSources(run.seed, 'late', deadlineMs);
  const gathering = await play(sources, deadlineMs, run);
  given(gathering);
  const { loads, updates, at } = gathering;
  const stopped = loads.find(({ stoppedAt }) => stoppedAt !== undefined);
  must(
    !stopped,
    () =>
      `${stopped?.name} was on its way and was told to stop ${ms((stopped?.stoppedAt ?? 0) - at)} after it was asked`,
  );
  for (const source of sources) {
    const mine = updates.filter(({ name }) => name === source.name);
    const due = statusOf(source, deadlineMs) === 'late' && 'value' in source.comes && source.comes.value !== null;
    must(
      mine.length === (due ? 1 : 0),
      () => `${told(source, deadlineMs)}; it was delivered late ${mine.length} times`,
    );
    for (const update of mine) {
      same(source, update.value);
      const delay = update.at - at - source.after;
      must(delay <= RESOLUTION, `${source.name} was delivered ${ms(delay)} after it had come`);
    }
  }
  const { held, gathered } = gathering;
  must(
    isDeepStrictEqual(JSON.parse(JSON.stringify(held)), gathered),
    () =>
      `a result was ${percent(gathered?.completeness)} complete when it was given, and changed in the caller's hands`,
  );
});

behaviour('two-views', 'two tickets opened at once keep their parts apart', async (run) => {
  const { seed, clock } = run;
  const deadlineMs = deadlineOf(seed);
  const opened = ['t-1', 't-2'].map((ticket) => {
    const sources = NAMES.slice(0, 4).map((name, n): Source => {
      const late = n === between(seed, `${ticket} late`, 0, 3);
      const after = late ? deadlineMs + 500 : between(seed, `${ticket} ${name}`, 5, deadlineMs - 50);
      return { name, after, comes: { value: `${name} of ${ticket}` } };
    });
    return gather(gatherParts, sources, deadlineMs, clock.now);
  });
  await clock.advance(deadlineMs + 10_000);
  for (const gathering of opened) {
    const { parts } = given(gathering);
    for (const [n, source] of gathering.sources.entries()) {
      const part = parts[n];
      const expected = statusOf(source, deadlineMs);
      must(part?.status === expected, () => `${told(source, deadlineMs)}; the result calls it ${part?.status}`);
      if (part?.status === 'complete') same(source, part.value);
      for (const update of gathering.updates.filter(({ name }) => name === source.name)) same(source, update.value);
    }
    const late = gathering.updates.length;
    must(late === 1, () => `one part of each ticket was late; ${late} were delivered late to one of them`);
  }
});

behaviour(
  'at-the-deadline',
  'what comes in the instant of the deadline is in the result or delivered late, not both',
  async (run) => {
    for (const shift of [-1, 0, 1]) {
      const deadlineMs = deadlineOf(run.seed, `edge ${shift}`);
      const sources = anySources(run.seed, `edge ${shift}`, deadlineMs, 0).map((source, n) => ({
        ...source,
        after: deadlineMs + shift + (n === 0 ? between(run.seed, 'late', 0, 2) : 0),
      }));
      const gathering = await play(sources, deadlineMs, run);
      const { parts } = given(gathering);
      for (const { name } of sources) {
        const inResult = parts.some((part) => part.name === name && part.status === 'complete') ? 1 : 0;
        const late = gathering.updates.filter((update) => update.name === name).length;
        must(
          inResult + late === 1,
          `${name} came at the deadline: ${inResult} times in the result, delivered late ${late} times`,
        );
      }
      const early = gathering.updates.find(({ beforeResult }) => beforeResult);
      must(!early, () => `${early?.name} was delivered late before there was a result`);
    }
  },
);

behaviour('empty', 'a source that has nothing is not there; a nought, a no and an empty list are', async (run) => {
  const deadlineMs = deadlineOf(run.seed);
  const values = shuffled<unknown>(run.seed, 'values', [null, undefined, 0, '', false, []]);
  const sources = values.map((value, n): Source => {
    const name = NAMES[n] ?? 'more';
    return { name, after: between(run.seed, `after ${n}`, 1, deadlineMs - 50), comes: { value } };
  });
  const gathering = await play(sources, deadlineMs, run);
  const { parts, completeness } = given(gathering);
  for (const [n, source] of sources.entries()) {
    const expected = statusOf(source, deadlineMs);
    must(
      parts[n]?.status === expected,
      () => `${source.name} came to ${shown(source)}; the result calls it ${parts[n]?.status}`,
    );
  }
  must(Math.abs(completeness - 4 / 6) < 1e-6, `4 of 6 parts are there; the result says ${percent(completeness)}`);
});

behaviour(
  'required',
  'without a required part there is no result: at once where it failed, else at the deadline',
  async (run) => {
    const failure = new Error(`no connection ${run.seed}`);
    for (const [how, comes] of [
      ['failed', { failure }],
      ['was empty', { value: null }],
      ['was late', { value: 'too late' }],
      ['was late and failed', { failure }],
    ] as const) {
      const deadlineMs = deadlineOf(run.seed, how);
      const late = how.startsWith('was late');
      const after = late ? deadlineMs + 300 : between(run.seed, `after ${how}`, 60, deadlineMs - 60);
      const source: Source = { name: 'customer', required: true, after, comes };
      const others = anySources(run.seed, how, deadlineMs, 0.2).map((other, n) =>
        n < 2 ? { ...other, after: deadlineMs + 200, comes: { value: 'late too' }, stubborn: n === 0 } : other,
      );
      const deaf = others[0]?.name;
      const gathering = await play(shuffled(run.seed, how, [...others, source]), deadlineMs, run);
      const due = Math.min(after, deadlineMs);
      refused(gathering, how, due);
      if (how === 'failed')
        must(gathering.failure?.cause === failure, 'the refusal does not carry what the source said');
      const update = gathering.updates[0];
      must(!update, () => `the result was refused, and ${update?.name} was delivered to it all the same`);
      const working = gathering.loads.filter(
        ({ name, endedAt = Infinity, stoppedAt = Infinity, at }) =>
          name !== deaf && Math.min(endedAt, stoppedAt) > at + due + RESOLUTION,
      );
      must(working.length === 0, () => `the result was refused, and ${names(working)} went on working for nobody`);
    }
  },
);

behaviour('two-required', 'of several required parts each alone refuses the result, and is named', async (run) => {
  const { seed } = run;
  const deadlineMs = deadlineOf(seed);
  const guilty = between(seed, 'guilty', 0, 2);
  const sources = ['customer', 'contract', 'price'].map((name, n): Source => {
    const comes = n === guilty ? { failure: new Error('down') } : { value: name };
    return { name, required: true, after: between(seed, name, 50, deadlineMs - 50), comes };
  });
  const rest = anySources(seed, 'rest', deadlineMs, 1).slice(0, 6);
  const gathering = await play([...sources, ...rest], deadlineMs, run);
  const source = sources[guilty];
  must(source !== undefined, 'there is a guilty one');
  refused(gathering, 'failed', source.after, source.name);

  const well = sources.map((one) => ({ ...one, comes: { value: one.name } }));
  const { completeness } = given(await play([...well, ...rest], deadlineMs, run));
  must(
    Math.abs(completeness - 3 / (3 + rest.length)) < 1e-6,
    `all 3 required parts were there and no other: the result says ${percent(completeness)}`,
  );
});

behaviour('announces', 'each part that a result lacks is announced, and each that is delivered late', async (run) => {
  const deadlineMs = deadlineOf(run.seed);
  const early = anySources(run.seed, 'announces', deadlineMs, 0.5);
  for (const sources of [mixedSources(run.seed, 'announces', deadlineMs), early]) {
    const gathering = await play(sources, deadlineMs, run);
    given(gathering);
    const expected = {
      PartMissed: sources.filter((source) => statusOf(source, deadlineMs) !== 'complete'),
      PartDeliveredLate: sources.filter(({ name }) => gathering.updates.some((update) => update.name === name)),
    };
    for (const [type, parts] of Object.entries(expected)) {
      const found = gathering.events.filter((event) => event.type === type).map(({ data }) => data.part);
      must(
        isDeepStrictEqual(found.sort(), parts.map(({ name }) => name).sort()),
        () => `${type} was announced of ${found.join(', ') || 'none'}; it was true of ${names(parts) || 'none'}`,
      );
    }
  }
});

tradeOff('a sum of which a part is missing is no sum: what must be whole is whole or refused', async (run) => {
  const { seed } = run;
  const deadlineMs = deadlineOf(seed);
  const meters = ['questions', 'tokens', 'storage', 'seats', 'refunds'];
  const missing = pick(seed, 'missing', ['questions', 'tokens', 'storage', 'seats', 'refunds']);
  const invoice = (after: number, comes: Source['comes']) =>
    meters.map((name): Source => {
      const cents = { value: between(seed, name, 0, 9_000) };
      const usual = between(seed, `${name} after`, 20, deadlineMs - 50);
      return { name, required: true, ...(name === missing ? { after, comes } : { after: usual, comes: cents }) };
    });
  const due = deadlineMs + between(seed, 'late', 400, 4_000);
  refused(await play(invoice(due, { value: 4_200 }), deadlineMs, run), 'was late', deadlineMs, missing);
  refused(await play(invoice(30, { failure: new Error('down') }), deadlineMs, run), 'failed', 30, missing);
  refused(await play(invoice(40, { value: null }), deadlineMs, run), 'was empty', 40, missing);
  const whole = given(await play(invoice(30, { value: 0 }), deadlineMs, run));
  must(whole.completeness === 1, `all 5 meters were there, one at nought: the sum says ${percent(whole.completeness)}`);
});

const NAMES = ['orders', 'past-tickets', 'documents', 'suggestion', 'status-page', 'invoices', 'shipments', 'mood'];

async function play(sources: Source[], deadlineMs: number, { clock }: Run): Promise<Gathering> {
  const gathering = gather(gatherParts, sources, deadlineMs, clock.now);
  await clock.advance(deadlineMs + 10_000);
  return gathering;
}
const deadlineOf = (seed: number, tag = '') => between(seed, `deadline ${tag}`, 300, 3_000);

/** Two to eight sources that answer within the deadline; a share of them fails. */
function anySources(seed: number, tag: string, deadlineMs: number, failing: number): Source[] {
  return shuffled(seed, tag, NAMES)
    .slice(0, between(seed, `${tag} count`, 2, 8))
    .map((name) => {
      const after = between(seed, `${tag} ${name} after`, 5, deadlineMs - 50);
      const fails = roll(seed, `${tag} ${name} fails`) < failing;
      return { name, after, comes: fails ? { failure: new Error(`${name} is down`) } : { value: { name, after } } };
    });
}

/** Eight sources: some in time, some late, some failing, some with nothing; each kind at least once. */
function mixedSources(seed: number, tag: string, deadlineMs: number): Source[] {
  const kinds = [
    'value',
    'value',
    'value',
    'late value',
    'late failure',
    'late nothing',
    'failure',
    'nothing',
  ] as const;
  return shuffled(seed, `${tag} names`, NAMES).map((name, n) => {
    const kind = n < kinds.length - 3 ? pick(seed, `${tag} ${n} kind`, kinds) : (kinds[n] ?? 'value');
    const late = kind.startsWith('late') || (n === 0 && roll(seed, tag) < 0.5);
    const after = late
      ? deadlineMs + between(seed, `${tag} ${n}`, 50, 6_000)
      : between(seed, `${tag} ${n}`, 5, deadlineMs - 50);
    const value = kind.endsWith('nothing') ? null : { name, after };
    return { name, after, comes: kind.endsWith('failure') ? { failure: new Error(`${name} is down`) } : { value } };
  });
}

function statusOf({ after, comes }: Source, deadlineMs: number): string {
  if (after > deadlineMs) return 'late';
  if ('failure' in comes) return 'failed';
  return comes.value === null || comes.value === undefined ? 'empty' : 'complete';
}

const ms = (value: number) => (value === Infinity ? 'no time at all: never' : `${Math.round(value)} ms`);
const seconds = (value: number) => (value === Infinity ? 'for ever' : `${(value / 1000).toFixed(1)} s`);
const percent = (value: number | null | undefined) =>
  typeof value === 'number' ? `${Math.round(value * 100)} %` : `${value}`;
const names = (all: readonly { name: string }[]) => all.map(({ name }) => name).join(', ');
const shown = ({ comes }: Source) =>
  'failure' in comes ? `"${comes.failure.message}"` : (JSON.stringify(comes.value) ?? 'undefined');
const told = (source: Source, deadlineMs: number) =>
  `${source.name} ${'failure' in source.comes ? 'failed with' : 'came to'} ${shown(source)} after ${source.after} ms, with a deadline of ${deadlineMs} ms`;

function given({ gathered, failure, endedAt }: Gathering): NonNullable<Gathering['gathered']> {
  must(endedAt !== undefined, 'no result was ever given');
  must(!failure, () => `no required part was missing, and there was no result: ${failure?.message}`);
  must(Array.isArray(gathered?.parts), () => `the result has no parts: ${JSON.stringify(gathered)}`);
  return gathered;
}

function refused(gathering: Gathering, how: string, due: number, part = 'customer'): void {
  const { failure, endedAt = Infinity, at, gathered } = gathering;
  must(
    gathered === undefined,
    () =>
      `${part} is required and ${how}; a result was given all the same, ${percent(gathered?.completeness)} complete`,
  );
  must(
    Math.abs(endedAt - at - due) <= RESOLUTION,
    `${part} is required and ${how}; that was certain after ${ms(due)}, and the caller knew after ${ms(endedAt - at)}`,
  );
  must(
    failure?.code === 'REQUIRED_PART_MISSING',
    `${part} is required and ${how}; the caller was told ${failure?.code ?? failure?.message}`,
  );
  must(failure.part === part, `${part} is required and ${how}; blamed was ${failure.part}`);
}

function same({ name, comes }: Source, value: unknown): void {
  const expected = 'value' in comes ? comes.value : undefined;
  must(
    isDeepStrictEqual(value, expected),
    () => `${name} came to ${JSON.stringify(expected)}; the caller was given ${JSON.stringify(value)}`,
  );
}

const failed = ({ sources }: Gathering, part: string) =>
  sources.some(({ name, comes }) => name === part && 'failure' in comes);

/** What a view's parts come to, as a share. */
function share(view: Gathering | undefined): number {
  const sources = view?.sources ?? [];
  return sources.filter((source) => statusOf(source, view?.deadlineMs ?? 0) === 'complete').length / sources.length;
}

/** Parts with a value that came after the result was given and that the caller never got. */
function lostParts({ sources, deadlineMs, gathered, updates }: Gathering): string[] {
  return sources
    .filter(({ after, comes }) => gathered && after > deadlineMs && 'value' in comes)
    .map(({ name }) => name)
    .filter((part) => updates.filter(({ name }) => name === part).length !== 1);
}
