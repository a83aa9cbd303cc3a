import { isDeepStrictEqual } from 'node:util';
import type {
  CreateJobs,
  IllegalTransition,
  JobEvent,
  JobEventType,
  JobPhase,
  JobStateEvent,
  JobStatus,
} from '#answerdesk/seams/job-state.ts';
import { arriveInTurn } from '#answerdesk/simulation/asking.ts';
import { readRecording } from '#kit/events.ts';
import { between, pick, roll, shuffled } from '#kit/seeded.ts';
import { behaviour, incident, must, tradeOff } from '#kit/suite.ts';
import { type Delivery, RECORDED_SEED, recordedReports, reports } from '../incident/state.ts';
import * as kata from './kata.ts';

const createJobs: CreateJobs = kata.createJobs;

type From = JobPhase | 'none';
type Move = Exclude<JobEventType, 'JobPaused' | 'JobUnpaused'>;
const TABLE: Record<Move, { from: From[]; to: JobPhase }> = {
  JobQueued: { from: ['none'], to: 'queued' },
  JobStarted: { from: ['queued'], to: 'running' },
  JobWaited: { from: ['running'], to: 'waiting' },
  JobResumed: { from: ['waiting'], to: 'running' },
  JobFinished: { from: ['running'], to: 'done' },
  JobFailed: { from: ['running', 'waiting'], to: 'failed' },
  JobRetried: { from: ['failed'], to: 'queued' },
  JobCancelled: { from: ['queued', 'running', 'waiting'], to: 'cancelled' },
};
const MOVES = Object.keys(TABLE) as Move[];
const OPEN = ['queued', 'running', 'waiting', 'failed'] as const;
const FINAL = ['done', 'cancelled'] as const;
const PAUSES = ['JobPaused', 'JobUnpaused'] as const;
const isPause = (type: JobEventType) => type === 'JobPaused' || type === 'JobUnpaused';
const allowed = (from: From) => MOVES.filter((type) => TABLE[type].from.includes(from));
const forbidden = (from: From) => MOVES.filter((type) => !TABLE[type].from.includes(from));

/** The phase after an event, as the table has it; undefined where it has no such move. */
function led(from: From, type: JobEventType): JobPhase | undefined {
  if (!isPause(type)) return TABLE[type as Move].from.includes(from) ? TABLE[type as Move].to : undefined;
  return OPEN.find((phase) => phase === from);
}

/** The answer under test, with what it said. What is handed out and what is kept are copies. */
function desk(history?: readonly JobEvent[]) {
  const said: JobStateEvent[] = [];
  const emit = (event: JobStateEvent) => said.push(structuredClone(event));
  const jobs = createJobs({ emit }, history && structuredClone(history));
  return {
    said,
    status: (jobId: string): JobStatus | undefined => structuredClone(jobs.status(jobId)),
    phase: (jobId: string): From => jobs.status(jobId)?.phase ?? 'none',
    statusAsGiven: (jobId: string) => jobs.status(jobId),
    apply: (event: JobEvent) => jobs.apply(structuredClone(event)),
    /** The error with which the event was refused; undefined where it was taken. */
    refusal(event: JobEvent): Partial<IllegalTransition> | undefined {
      try {
        jobs.apply(structuredClone(event));
        return undefined;
      } catch (error) {
        return error as Partial<IllegalTransition>;
      }
    },
  };
}
type Desk = ReturnType<typeof desk>;

const START = Date.UTC(2026, 2, 3, 9, 41);
/** Events of one job, in order of delivery. The workers' clocks differ by up to a minute, so `at` may go backwards. */
function eventsOf(seed: number, jobId: string, types: readonly JobEventType[]): JobEvent[] {
  return types.map((type, n) => {
    const id = `${jobId}/${n}`;
    return { id, jobId, type, at: START + n * 1_000 + between(seed, `skew ${id}`, -60_000, 60_000) };
  });
}
/** One more event of a job. */
const another = (seed: number, jobId: string, type: JobEventType, n = 0) =>
  ({ ...eventsOf(seed, jobId, [type])[0], id: `${jobId}/another ${type} ${n}` }) as JobEvent;

/** Legal moves that end in the phase, some by way of failures and second attempts. */
function wayTo(seed: number, name: string, phase: From): JobEventType[] {
  if (phase === 'none') return [];
  const detours = Array.from({ length: between(seed, `detours ${name}`, 0, 2) }, (_, n) => [
    'JobStarted' as const,
    ...pick<JobEventType[]>(seed, `detour ${name} ${n}`, [[], ['JobWaited'], ['JobWaited', 'JobResumed']]),
    'JobFailed' as const,
    'JobRetried' as const,
  ]).flat();
  const last: Record<JobPhase, readonly [JobEventType[], ...JobEventType[][]]> = {
    queued: [[]],
    running: [['JobStarted'], ['JobStarted', 'JobWaited', 'JobResumed']],
    waiting: [['JobStarted', 'JobWaited']],
    done: [['JobStarted', 'JobFinished']],
    failed: [
      ['JobStarted', 'JobFailed'],
      ['JobStarted', 'JobWaited', 'JobFailed'],
    ],
    cancelled: [['JobCancelled'], ['JobStarted', 'JobCancelled'], ['JobStarted', 'JobWaited', 'JobCancelled']],
  };
  return ['JobQueued', ...detours, ...pick(seed, `way ${name}`, last[phase])];
}
const attemptsIn = (types: readonly JobEventType[]) => types.filter((type) => type === 'JobStarted').length;

/** Delivers an event that the table allows, and gives what the answer gave. */
function deliver(to: Desk, event: JobEvent): JobStatus | undefined {
  const from = to.phase(event.jobId);
  try {
    return to.apply(event);
  } catch (error) {
    must(false, `${event.type} was refused for a job that ${was(from)} (${(error as Error)?.message})`);
  }
}
function deliverAll(to: Desk, events: readonly JobEvent[]): void {
  for (const event of events) deliver(to, event);
}
const was = (from: From) => (from === 'none' ? 'never was' : `was ${from}`);
const same = (a: unknown, b: unknown) => isDeepStrictEqual(structuredClone(a), structuredClone(b));
const when = (ms: number | undefined) => (Number.isFinite(ms) ? new Date(ms as number).toISOString() : String(ms));
const say = (status: JobStatus | undefined) =>
  status
    ? `${status.phase}${status.paused ? ', paused' : ''}, ${status.attempts} attempts, changed ${when(status.changedAt)}`
    : 'unknown';

/** The event must be refused, by the rules of an illegal transition, and have changed nothing. */
function mustRefuse(by: Desk, event: JobEvent): void {
  const before = by.status(event.jobId);
  const from = before?.phase ?? 'none';
  const said = by.said.length;
  const refusal = by.refusal(event);
  const what = `${event.type} for a job that ${was(from)}`;
  must(refusal !== undefined, () => `${what} was taken: the job is now ${by.phase(event.jobId)}`);
  must(
    refusal.code === 'ILLEGAL_TRANSITION',
    () => `${what} was refused with ${refusal?.message ?? refusal}, whose code is ${refusal?.code}`,
  );
  must(
    refusal.from === from && refusal.event === event.type,
    () => `${what} was refused with from ${refusal.from} and event ${refusal.event}`,
  );
  const to = TABLE[event.type as Move]?.to;
  must(!to || refusal.to === to, () => `${what} would have led to ${to}; the refusal says ${refusal.to}`);
  must(
    same(by.status(event.jobId), before),
    () =>
      `${what} was refused, and changed it all the same: ${say(before)} before, ${say(by.status(event.jobId))} after`,
  );
  must(by.said.length === said, () => `${what} was refused, and announced all the same`);
}

incident(
  'a job that has ended stays ended, whatever the queue delivers twice or a lost worker says late',
  {
    recorded: () => recordedReports(readRecording(new URL('./incident.jsonl', import.meta.url))),
    fresh: reports,
    recordedSeed: RECORDED_SEED,
  },
  async (scene, { clock, history }) => {
    const at = desk();
    const told: { delivery: Delivery; from: From; to: From; refused: boolean }[] = [];
    arriveInTurn(scene, (delivery) => {
      const { job } = delivery;
      const stream = `job-${job.jobId}`;
      const causationId = history.record({ stream, type: 'JobEventDelivered', data: { job } });
      const from = at.phase(job.jobId);
      const refusal = at.refusal(job);
      const to = at.phase(job.jobId);
      if (refusal) history.record({ stream, type: 'JobEventRefused', data: { code: refusal.code ?? '' }, causationId });
      else history.record({ stream, type: 'JobMoved', data: { from, to }, causationId });
      told.push({ delivery, from, to, refused: refusal !== undefined });
    });
    await clock.advance((scene.at(-1)?.at ?? 0) + 1_000);

    const jobs = new Set(told.map(({ delivery }) => delivery.job.jobId)).size;
    const revived = told.filter(
      ({ delivery, from, to }) =>
        to !== from && (from === 'done' || from === 'cancelled' || (from === 'failed' && !isRetry(delivery))),
    );
    const [first] = revived;
    must(
      !first,
      () =>
        `${new Set(revived.map(({ delivery }) => delivery.job.jobId)).size} of ${jobs} jobs had ended and went on (${first?.delivery.job.jobId} was ${first?.from}; a ${first?.delivery.job.type} made it ${first?.to})`,
      first?.delivery.event,
    );

    const truth = new Map<string, From>();
    const seen = new Set<string>();
    for (const { delivery, refused } of told) {
      const { id, jobId, type } = delivery.job;
      const from = truth.get(jobId) ?? 'none';
      const again = seen.has(id);
      const to = again ? from : led(from, type);
      must(
        to !== undefined || refused,
        () => `${type} came for a job that ${was(from)}, and its sender was not told that it no longer counts`,
        delivery.event,
      );
      must(
        to === undefined || !refused,
        () => `${type} came for a job that ${was(from)}${again ? ', a second time' : ''}, and was refused`,
        delivery.event,
      );
      if (to === undefined) continue;
      seen.add(id);
      truth.set(jobId, to);
    }
    const wrong = [...truth].filter(([jobId, phase]) => at.phase(jobId) !== phase);
    must(
      wrong.length === 0,
      () => `${wrong.length} of ${jobs} jobs say ${at.phase(wrong[0]?.[0] ?? '')} and are ${wrong[0]?.[1]}`,
    );
  },
);
const isRetry = ({ job }: Delivery) => job.type === 'JobRetried';

behaviour('legal', 'a job goes wherever the table allows, counts its attempts and says each turn', ({ seed }) => {
  for (const phase of [...OPEN, ...FINAL]) {
    for (const next of [undefined, ...allowed(phase)]) {
      const jobId = `j-${phase}-${next ?? 'stays'}`;
      const types = [...wayTo(seed, jobId, phase), ...(next ? [next] : [])];
      const at = desk();
      deliverAll(at, eventsOf(seed, jobId, types));
      const expected = next ? TABLE[next].to : phase;
      const status = at.status(jobId);
      must(status?.phase === expected, () => `after ${types.join(', ')} a job is ${expected}; it says ${say(status)}`);
      must(
        status.attempts === attemptsIn(types) && status.paused === false,
        () =>
          `after ${types.join(', ')} a job was started ${attemptsIn(types)} times and never paused; it says ${say(status)}`,
      );
      let from: From = 'none';
      const turns = types.map((type) => {
        const data = { jobId, from, to: led(from, type) as JobPhase };
        from = data.to;
        return { type, data };
      });
      const unsaid = turns.findIndex(({ type, data }, n) => at.said[n]?.type !== type || !same(at.said[n]?.data, data));
      must(
        unsaid < 0 && at.said.length === turns.length,
        () =>
          `${turns.length} turns were taken and ${at.said.length} announced; turn ${unsaid + 1} was ${JSON.stringify(turns[unsaid])}, announced as ${JSON.stringify(at.said[unsaid])}`,
      );
    }
  }
});

behaviour('illegal', 'any other move is refused with from, to and the event, and changes nothing', ({ seed }) => {
  for (const phase of ['none', ...OPEN] as const) {
    const jobId = `j-${phase}`;
    const at = desk();
    const types = wayTo(seed, jobId, phase);
    deliverAll(at, eventsOf(seed, jobId, types));
    for (const type of shuffled(seed, phase, forbidden(phase))) mustRefuse(at, another(seed, jobId, type));
    if (phase === 'none') {
      for (const type of PAUSES) mustRefuse(at, another(seed, jobId, type));
      must(
        at.status(jobId) === undefined,
        () => `a job that never was is ${say(at.status(jobId))} after it was refused`,
      );
    }
    const next = pick(seed, `next ${phase}`, allowed(phase) as [Move, ...Move[]]);
    deliverAll(at, [another(seed, jobId, next, 2)]);
    const attempts = attemptsIn([...types, next]);
    must(
      at.phase(jobId) === TABLE[next].to && at.status(jobId)?.attempts === attempts,
      () =>
        `after refusals while it was ${phase}, and ${next}, a job says ${say(at.status(jobId))}; it was started ${attempts} times`,
    );
  }
});

behaviour('final', 'what is done or cancelled stays so', ({ seed }) => {
  for (const phase of FINAL) {
    const jobId = `j-${phase}`;
    const at = desk();
    deliverAll(at, eventsOf(seed, jobId, wayTo(seed, jobId, phase)));
    must(at.phase(jobId) === phase, () => `a job that is ${phase} says ${say(at.status(jobId))}`);
    for (const type of shuffled(seed, phase, [...MOVES, ...PAUSES])) mustRefuse(at, another(seed, jobId, type));
  }
});

behaviour('unknown-event', 'an event of a type that nobody knows is not passed over in silence', ({ seed }) => {
  for (const phase of ['none', ...OPEN, ...FINAL] as const) {
    const jobId = `j-${phase}`;
    const at = desk();
    deliverAll(at, eventsOf(seed, jobId, wayTo(seed, jobId, phase)));
    const type = pick(seed, `type ${phase}`, [
      'JobExpired',
      'JobArchived',
      'JobEscalated',
      'JobStopped',
      'jobFinished',
    ]);
    mustRefuse(at, another(seed, jobId, type as JobEventType));
  }
});

behaviour(
  'redelivered',
  'the same event counts once, and one that was refused counts when its turn has come',
  ({ seed }) => {
    const jobId = 'j-1';
    const events = eventsOf(seed, jobId, wayTo(seed, jobId, pick(seed, 'phase', [...OPEN, ...FINAL])));
    const mustIgnore = (by: Desk, event: JobEvent, where: string) => {
      const before = by.status(jobId);
      const said = by.said.length;
      let given: JobStatus | undefined;
      try {
        given = structuredClone(by.apply(event));
      } catch (error) {
        must(false, `${event.type} was delivered a second time ${where} and refused: ${(error as Error).message}`);
      }
      must(
        same(by.status(jobId), before) && same(given, before) && by.said.length === said,
        () =>
          `${event.type} was delivered a second time ${where} and counted: ${say(before)} before, ${say(by.status(jobId))} after, ${by.said.length - said} turns announced`,
      );
    };
    const at = desk();
    events.forEach((event, n) => {
      deliverAll(at, [event]);
      for (const old of [event, events[between(seed, `again ${n}`, 0, n)] as JobEvent]) mustIgnore(at, old, 'later');
    });
    const crowd = Array.from({ length: 60 }, (_, n) =>
      eventsOf(seed, `other-${n}`, ['JobQueued', 'JobStarted']),
    ).flat();
    deliverAll(at, crowd);
    for (const old of events) mustIgnore(at, old, `${crowd.length} events later`);
    const restarted = desk(events);
    for (const old of events) mustIgnore(restarted, old, 'after a restart');

    const early = desk();
    const [queued, started, finished] = eventsOf(seed, 'j-2', ['JobQueued', 'JobStarted', 'JobFinished']);
    must(queued !== undefined && started !== undefined && finished !== undefined, 'the scene is empty');
    deliverAll(early, [queued]);
    mustRefuse(early, finished);
    mustRefuse(early, finished);
    deliverAll(early, [started, finished]);
    must(
      early.phase('j-2') === 'done',
      () =>
        `JobFinished overtook JobStarted, was refused, came again in its turn, and the job is ${early.phase('j-2')}`,
    );
  },
);

behaviour(
  'rebuilt',
  'after a restart every job is what its events say, at whatever time that is',
  async ({ seed, clock }) => {
    const events = manyJobs(seed, 6);
    const before = desk();
    const cut = between(seed, 'restart', 1, events.length - 1);
    deliverAll(before, events.slice(0, cut));
    const ids = [...new Set(events.map(({ jobId }) => jobId))];
    for (const jobId of ids) {
      const counted = events.slice(0, cut).filter((event) => event.jobId === jobId);
      const changedAt = before.status(jobId)?.changedAt;
      must(
        changedAt === counted.at(-1)?.at,
        () =>
          `the last event that counted happened at ${when(counted.at(-1)?.at)}; the job says that it changed at ${when(changedAt)}`,
      );
    }

    await clock.advance(between(seed, 'down', 1_000, 4 * 3_600_000));
    const after = desk(events.slice(0, cut));
    must(after.said.length === 0, () => `a restart announced ${after.said.length} events that were long known`);
    const mustAgree = (when: string) => {
      for (const jobId of ids) {
        const [one, other] = [before.status(jobId), after.status(jobId)];
        must(same(one, other), () => `${when} ${jobId} is ${say(one)}; the one that was restarted says ${say(other)}`);
      }
    };
    mustAgree(`after ${cut} events`);
    deliverAll(before, events.slice(cut));
    deliverAll(after, events.slice(cut));
    mustAgree(`after ${cut} events, a restart and ${events.length - cut} more`);
    must(same(after.said, before.said.slice(cut)), 'after a restart the same events are announced in other words');
    const empty = desk();
    must(
      ids.every((jobId) => empty.status(jobId) === undefined),
      'a desk without any event knows of jobs',
    );
  },
);

behaviour('apart', 'jobs do not touch one another, and a status that was given stays as it was', ({ seed }) => {
  const events = manyJobs(seed, 8);
  const together = desk();
  const given: { status: JobStatus | undefined; copy: JobStatus | undefined; by: string }[] = [];
  for (const event of events) {
    const status = deliver(together, event);
    given.push({ status, copy: structuredClone(status), by: event.type });
    const asked = together.statusAsGiven(event.jobId);
    given.push({ status: asked, copy: structuredClone(asked), by: event.type });
    must(same(status, asked), () => `${event.type} gave ${say(status)}, and asked at once the job says ${say(asked)}`);
  }
  for (const jobId of new Set(events.map((event) => event.jobId))) {
    const alone = desk();
    deliverAll(
      alone,
      events.filter((event) => event.jobId === jobId),
    );
    must(
      same(together.status(jobId), alone.status(jobId)),
      () => `${jobId} is ${say(alone.status(jobId))} alone and ${say(together.status(jobId))} among others`,
    );
  }
  const changed = given.find(({ status, copy }) => !same(status, copy));
  must(
    !changed,
    () =>
      `the status given on ${changed?.by} said ${say(changed?.copy)}; later the same one said ${say(changed?.status)}`,
  );
});

tradeOff('a pause is no phase: whatever a job was doing, it still is', ({ seed }) => {
  for (const phase of OPEN) {
    for (const next of allowed(phase)) {
      const jobId = `j-${phase}-${next}`;
      const way = wayTo(seed, jobId, phase);
      const at = desk();
      deliverAll(at, eventsOf(seed, jobId, way));
      const attempts = attemptsIn(way);
      const expect = (what: string, expected: JobPhase, paused: boolean, started: number) => {
        const status = at.status(jobId);
        must(
          status?.phase === expected && status.attempts === started,
          () => `${what}: the job is ${expected} after ${started} attempts, and says ${say(status)}`,
        );
        const over = expected === 'done' || expected === 'cancelled';
        must(
          over || status.paused === paused,
          () => `${what}: the job is ${paused ? '' : 'not '}paused and says otherwise`,
        );
      };
      deliverAll(at, [another(seed, jobId, 'JobPaused')]);
      expect(`paused while ${phase}`, phase, true, attempts);
      must(
        same(at.said.at(-1)?.data, { jobId, from: phase, to: phase }),
        () => `a pause was announced as ${JSON.stringify(at.said.at(-1)?.data)}; the job was ${phase} and stayed so`,
      );
      const wrong = pick(seed, `wrong ${jobId}`, forbidden(phase) as [Move, ...Move[]]);
      mustRefuse(at, another(seed, jobId, wrong, 1));
      if (roll(seed, `unpaused first ${jobId}`) < 0.5) {
        deliverAll(at, [another(seed, jobId, 'JobUnpaused')]);
        expect(`paused and unpaused while ${phase}`, phase, false, attempts);
        mustRefuse(at, another(seed, jobId, wrong, 2));
        deliverAll(at, [another(seed, jobId, next, 3)]);
        expect(`${next} after a pause while ${phase}`, TABLE[next].to, false, attempts + attemptsIn([next]));
      } else {
        deliverAll(at, [another(seed, jobId, next, 3)]);
        expect(`${next} during a pause that began while ${phase}`, TABLE[next].to, true, attempts + attemptsIn([next]));
      }
    }
  }
});

/** Jobs of all kinds, their events interleaved; some that are still open end with a pause. */
function manyJobs(seed: number, count: number): JobEvent[] {
  const queues = Array.from({ length: count }, (_, n) => {
    const jobId = `j-${n}`;
    const phase = pick(seed, `phase ${jobId}`, [...OPEN, ...FINAL]);
    const open = OPEN.some((name) => name === phase);
    const pauses = open && roll(seed, `pause ${jobId}`) < 0.5 ? PAUSES.slice(0, between(seed, jobId, 1, 2)) : [];
    return eventsOf(seed, jobId, [...wayTo(seed, jobId, phase), ...pauses]);
  });
  const turns = queues.flatMap((events, n) => events.map(() => n));
  return shuffled(seed, 'turns', turns).map((n) => queues[n]?.shift() as JobEvent);
}
