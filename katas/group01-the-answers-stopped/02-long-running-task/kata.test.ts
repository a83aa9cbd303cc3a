import { isDeepStrictEqual } from 'node:util';
import type {
  CreateTasks,
  TaskEvent,
  TaskPolicy,
  TaskRequest,
  TaskResult,
  TaskStatus,
  Tasks,
} from '#answerdesk/seams/long-running-task.ts';
import { arriveInTurn } from '#answerdesk/simulation/asking.ts';
import { embeddingPort, type UnitPlan, vectorOf } from '#answerdesk/simulation/embedding-port.ts';
import { readRecording } from '#kit/events.ts';
import { between, pick, roll } from '#kit/seeded.ts';
import { behaviour, incident, must, type Run, tradeOff } from '#kit/suite.ts';
import {
  ASKED_AGAIN,
  callTakes,
  PROXY_CUTS_AFTER_MS,
  RECORDED_SEED,
  recordedReindexing,
  reindexing,
  unitsOf,
} from '../incident/long-running-task.ts';
import * as kata from './kata.ts';

const createTasks: CreateTasks = kata.createTasks;

const SECOND = 1_000;
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const policyOf = (seed: number, over: Partial<TaskPolicy> = {}): TaskPolicy => ({
  resultTtlMs: DAY,
  concurrency: between(seed, 'concurrency', 2, 6),
  ...over,
});

/** The answer under test beside a provider of ours; what passes between them and us is copied. */
function desk({ seed, clock }: Run, policy: TaskPolicy, plan: (unit: string) => UnitPlan) {
  const { embed, calls } = embeddingPort(seed, clock, plan);
  const events: TaskEvent[] = [];
  const ids: string[] = [];
  const newId = () => {
    ids.push(`task-${seed}-${ids.length + 1}`);
    return ids.at(-1) as string;
  };
  const emit = (event: TaskEvent) => events.push(structuredClone(event));
  const tasks: Tasks = createTasks({ embed, newId, emit }, { ...policy });

  /** What a call answers. It must do so without any of the work being done. */
  async function asked<T>(what: string, call: () => T | Promise<T>): Promise<T> {
    let answer: { value: T } | { error: unknown } | undefined;
    Promise.resolve()
      .then(call)
      .then(
        (value) => {
          answer = { value: structuredClone(value) };
        },
        (error) => {
          answer = { error };
        },
      );
    await clock.settle();
    if (!answer) await clock.advance(50);
    must(answer !== undefined, `${what} had not answered after 50 ms, while the provider was at work`);
    must('value' in answer, () => `${what} failed: ${((answer as { error: unknown }).error as Error)?.message}`);
    must(Boolean(answer.value), () => `${what} answered ${(answer as { value: T }).value}`);
    return answer.value;
  }
  return {
    tasks,
    calls,
    ids,
    start: (request: TaskRequest) => asked('start', () => tasks.start(structuredClone(request))),
    /** Starts a task and gives its id, whether or not `start` has answered. */
    async begin(request: TaskRequest): Promise<string> {
      const n = ids.length;
      Promise.resolve()
        .then(() => tasks.start(structuredClone(request)))
        .catch(() => {});
      await clock.settle();
      return ids[n] ?? 'no id was asked for';
    },
    status: (id: string) => asked('status', () => tasks.status(id)),
    result: (id: string) => asked('result', () => tasks.result(id)),
    cancel: (id: string) => asked('cancel', () => tasks.cancel(id)),
    /** Events of one task. */
    of: (id: string) => events.filter(({ data }) => data.taskId === id),
    underWay: () => calls.filter(({ endedAt }) => endedAt === undefined),
    finished: () => calls.filter(({ gave }) => gave === 'vector').length,
  };
}

const keptFor = (seed: number) => pick(seed, 'ttl', [MINUTE, 15 * MINUTE, DAY, 30 * DAY]);
const docs = (name: string, count: number) => Array.from({ length: count }, (_, n) => `${name}/${n + 1}`);
function span(ms: number): string {
  if (ms < 3 * MINUTE) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < 3 * 60 * MINUTE) return `${(ms / MINUTE).toFixed(1)} min`;
  return ms < 2 * DAY ? `${(ms / MINUTE / 60).toFixed(1)} h` : `${(ms / DAY).toFixed(1)} days`;
}
/** Without the vectors: they fill a screen. */
const answered = (result: TaskResult) => `${result.status}${'state' in result ? `, ${result.state}` : ''}`;
const stateOf = (status: TaskStatus) => (status.status === 200 ? status.state : String(status.status));
const ENDS = ['TaskFinished', 'TaskFailed', 'TaskCancelled'];
const ended = (events: TaskEvent[]) => events.filter(({ type }) => ENDS.includes(type)).map(({ type }) => type);

/** Timers reach 24 days at most; so does the clock's `advance`. */
async function pass({ clock }: Run, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 20 * DAY) await clock.advance(Math.min(left, 20 * DAY));
}

incident(
  'nobody holds a connection until the proxy cuts it, and nothing is embedded that nobody waits for',
  {
    recorded: () => recordedReindexing(readRecording(new URL('./incident.jsonl', import.meta.url))),
    fresh: reindexing,
    recordedSeed: RECORDED_SEED,
  },
  async ({ seed, requests }, run) => {
    const { clock, history } = run;
    const unitMs = new Map(requests.map((request) => [request.tenant, request.unitMs]));
    const plan = (unit: string) => ({ ms: callTakes(seed, unit, unitMs.get(unit.split('/')[0] ?? '') ?? 1_000) });
    const at = desk(run, { resultTtlMs: 15 * MINUTE, concurrency: 4 }, plan);
    const clients = requests.map((request) => ({ request, cuts: 0, cancelledAt: Infinity, given: -1 }));
    const startedAt = clock.now();
    const sleep = (ms: number) => new Promise<'cut'>((resolve) => setTimeout(() => resolve('cut'), ms));

    const ask = async (client: (typeof clients)[number]): Promise<void> => {
      const { tenant, units, unitMs, regretsAfterMs } = client.request;
      const stream = `reindex-${tenant}`;
      const stimulus = { tenant, units, unitMs, ...(regretsAfterMs && { regretsAfterMs }) };
      const causationId = history.record({ stream, type: 'ReindexRequested', data: stimulus });
      const note = (type: string, data: object) => history.record({ stream, type, data, causationId });
      const regretsAt = clock.now() + (regretsAfterMs ?? Infinity);
      const accepted = async () => {
        for (let n = 0; n <= ASKED_AGAIN.times && clock.now() < regretsAt; n++) {
          const work = { tenant, units: unitsOf(client.request) };
          const answer = await Promise.race([at.tasks.start(work), sleep(PROXY_CUTS_AFTER_MS)]);
          if (answer !== 'cut') return structuredClone(answer);
          client.cuts++;
          note('ReindexCut', { afterMs: PROXY_CUTS_AFTER_MS });
          await sleep(ASKED_AGAIN.afterMs);
        }
        return undefined;
      };
      const task = await accepted();
      if (!task) return void note('ReindexGivenUp', { cuts: client.cuts });
      note('ReindexAccepted', { taskId: task.taskId });
      if (regretsAfterMs !== undefined) {
        await sleep(Math.max(0, regretsAt - clock.now()));
        await at.tasks.cancel(task.taskId);
        client.cancelledAt = clock.now();
        return void note('ReindexCancelled', { taskId: task.taskId });
      }
      for (;;) {
        const status = structuredClone(await at.tasks.status(task.taskId));
        if (status.status !== 200 || status.state !== 'running') break;
        await sleep(Math.max(1, Math.min(600, status.retryAfterSeconds || 1)) * SECOND);
      }
      const result = structuredClone(await at.tasks.result(task.taskId));
      const vectors = result.status === 200 ? Object.entries(result.result) : [];
      client.given = vectors.filter(([unit, vector]) => vector === vectorOf(run.seed, unit)).length;
      note('ReindexDelivered', { status: result.status, units: client.given });
    };
    arriveInTurn(
      clients.map((client) => ({ at: client.request.at, client })),
      ({ client }) => void ask(client),
    );
    await clock.advance(25 * MINUTE);

    const wanted = clients.reduce((sum, { request }) => sum + request.units, 0);
    history.record({ stream: 'provider', type: 'ProviderCallsCounted', data: { calls: at.calls.length, wanted } });
    const cut = clients.filter(({ cuts }) => cuts > 0);
    must(
      cut.length === 0,
      () =>
        `${cut.length} of ${clients.length} re-indexes were cut by the proxy after ${PROXY_CUTS_AFTER_MS / 1000} s and had no id to ask by (first: ${cut[0]?.request.tenant}); ${at.calls.length} units were embedded, ${wanted} were asked for`,
      cut[0]?.request.event,
    );
    must(at.calls.length <= wanted, () => `${at.calls.length} units were embedded; ${wanted} were asked for`);
    const late = clients.flatMap(({ request, cancelledAt }) =>
      at.calls.filter((call) => call.unit.startsWith(`${request.tenant}/`) && call.at > cancelledAt),
    );
    must(late.length === 0, () => `${late.length} units were embedded after their tenant had cancelled`);
    const short = clients.filter(
      ({ request, given }) => request.regretsAfterMs === undefined && given !== request.units,
    );
    must(
      short.length === 0,
      () =>
        `${short.length} of ${clients.length} re-indexes were not delivered ${span(clock.now() - startedAt - (short[0]?.request.at ?? 0))} after they were asked for (first: ${short[0]?.request.tenant}, ${Math.max(0, short[0]?.given ?? 0)} of ${short[0]?.request.units} units)`,
      short[0]?.request.event,
    );
  },
);

behaviour('starts-at-once', 'a task is accepted at once, under an id that can be asked for', async (run) => {
  const { seed } = run;
  const at = desk(run, policyOf(seed), () => ({ ms: Infinity }));
  for (const [n, count] of [between(seed, 'units', 2, 300), 1, between(seed, 'more', 2, 20)].entries()) {
    const accepted = await at.start({ tenant: `tenant-${n}`, units: docs(`d${n}`, count) });
    const { status, taskId, location } = accepted;
    must(status === 202, `start answered ${status}; it had accepted the task`);
    must(
      taskId === at.ids[n] && location === `/tasks/${taskId}`,
      () => `task ${at.ids[n]} was announced as ${taskId} at ${location}`,
    );
    const seen = await at.status(taskId);
    must(
      seen.status === 200 && seen.state === 'running' && seen.done === 0 && seen.total === count,
      () => `a task of ${count} units has just begun; its status is ${JSON.stringify(seen)}`,
    );
    const [first] = at.of(taskId);
    must(
      first?.type === 'TaskStarted' &&
        isDeepStrictEqual(first.data, { taskId, tenant: `tenant-${n}`, done: 0, total: count }),
      () => `the start of ${taskId} was announced as ${JSON.stringify(first)}`,
    );
  }
  const { taskId } = await at.start({ tenant: 'empty', units: [] });
  await run.clock.advance(50);

  const [seen, given] = [await at.status(taskId), await at.result(taskId)];
  must(
    stateOf(seen) === 'done' && given.status === 200 && Object.keys(given.result).length === 0,
    () => `a task without units is ${stateOf(seen)}, and its result answers ${given.status}`,
  );
});

behaviour('progress', 'progress never falls, keeps up with the work, and ends at the total', async (run) => {
  const { seed, clock } = run;
  // One unit is slow, so that the task runs longer than an outcome is kept.
  const policy = policyOf(seed, { resultTtlMs: MINUTE });
  const units = docs('d', between(seed, 'units', 10, 40));
  const total = units.length;
  const slow = units[between(seed, 'slow', 0, total - 1)];
  const at = desk(run, policy, (unit) => ({
    ms: between(seed, `ms ${unit}`, 3, 40) * 100 + 7 + (unit === slow ? 65_000 : 0),
  }));
  const id = await at.begin({ tenant: 'acme', units });
  for (let last = 0; at.finished() < total; ) {
    await clock.advance(1_000);
    must(clock.now() < 10 * MINUTE, () => `after 10 min ${at.finished()} of ${total} units were embedded`);
    const seen = await at.status(id);
    must(seen.status === 200, () => `a task at work answered ${seen.status}`);
    const { done } = seen;
    must(done >= last, () => `progress fell from ${last} to ${done} of ${total}`);
    const finished = at.finished();
    must(
      done <= finished && done >= finished - policy.concurrency && seen.total === total,
      () => `${finished} of ${total} units were embedded and the status said ${done} of ${seen.total}`,
    );
    must(
      seen.state === 'running' || finished === total,
      () => `after ${finished} of ${total} units the task is ${seen.state}`,
    );
    last = done;
  }
  const seen = await at.status(id);
  must(
    seen.status === 200 && seen.state === 'done' && seen.done === total,
    () => `all ${total} units were embedded and the status is ${JSON.stringify(seen)}`,
  );
  must(
    !seen.retryAfterSeconds,
    () => `the task is done, and its client was told to ask again after ${seen.retryAfterSeconds} s`,
  );
  const said = at.of(id);
  must(
    said[0]?.type === 'TaskStarted' && said.at(-1)?.type === 'TaskFinished' && ended(said).length === 1,
    () => `a task that went well was announced as ${said.map(({ type }) => type).join(', ')}`,
  );
  must(
    said.some(({ type }) => type === 'TaskProgressed'),
    () => `${total} units were embedded one after another, and no progress was announced`,
  );
  const falls = said.findIndex(({ data }, n) => data.done < (said[n - 1]?.data.done ?? 0) || data.total !== total);
  must(falls < 0, () => `announced ${said[falls - 1]?.data.done}, then ${said[falls]?.data.done} of ${total}`);
  must(said.at(-1)?.data.done === total, () => `announced as finished after ${said.at(-1)?.data.done} of ${total}`);
});

behaviour('never-waits', 'status, result and cancel answer at once, though the provider says nothing', async (run) => {
  const at = desk(run, policyOf(run.seed), () => ({ ms: Infinity, stubborn: true }));
  const id = await at.begin({ tenant: 'acme', units: docs('d', 20) });
  await run.clock.advance(between(run.seed, 'later', 1, 300) * SECOND);
  const waiting = stateOf(await at.status(id));
  must(waiting === 'running', () => `none of 20 units has come back, and the task is ${waiting}`);
  const early = await at.result(id);
  must(
    early.status === 409 && early.state === 'running',
    () => `the result of a task that is running answered ${answered(early)}`,
  );
  const { status } = await at.cancel(id);
  must(status === 202, () => `cancel answered ${status} to a task that was running`);
  const state = stateOf(await at.status(id));
  must(state === 'cancelled', () => `cancelled, and the task is ${state}`);
});

behaviour(
  'side-by-side',
  'as many units at once as the policy says, and tasks do not wait for one another',
  async (run) => {
    const { seed, clock } = run;
    const policy = policyOf(seed, { concurrency: between(seed, 'at once', 1, 8) });
    const at = desk(run, policy, (unit) => ({ ms: between(seed, `ms ${unit}`, 500, 1_500) }));
    const most = { a: 0, b: 0 };
    const sizes = { a: between(seed, 'a', 1, 30), b: between(seed, 'b', 1, 30) };
    await at.begin({ tenant: 'acme', units: docs('a', sizes.a) });
    await at.begin({ tenant: 'globex', units: docs('b', sizes.b) });
    await clock.advance(10);
    while (at.underWay().length > 0 && clock.now() < 60_000) {
      for (const name of ['a', 'b'] as const) {
        const now = at.underWay().filter(({ unit }) => unit.startsWith(`${name}/`)).length;
        most[name] = Math.max(most[name], now);
      }
      await clock.advance(200);
    }
    for (const name of ['a', 'b'] as const) {
      const expected = Math.min(policy.concurrency, sizes[name]);
      must(
        most[name] === expected,
        () =>
          `${most[name]} of ${sizes[name]} units were worked on at once; the policy says ${policy.concurrency}${name === 'b' ? ', whatever else is at work' : ''}`,
      );
    }
    const starts = at.calls.filter(({ at: when }) => when <= 10).map(({ unit }) => unit[0]);
    must(starts.includes('b'), 'the task of globex was not begun while that of acme was at work');
  },
);

behaviour(
  'cancel',
  'a task that was cancelled makes no further call, and those under way are told to stop',
  async (run) => {
    const { seed, clock } = run;
    const policy = policyOf(seed);
    const units = docs('d', between(seed, 'units', 30, 40));
    for (const after of [0, between(seed, 'soon', 1, 1_500), between(seed, 'later', 1_500, 4_000)]) {
      const stubborn = (unit: string) => roll(seed, `stubborn ${unit}`) < 0.3;
      const at = desk(run, policy, (unit) => ({
        ms: between(seed, `ms ${unit}`, 500, 2_000),
        stubborn: stubborn(unit),
      }));
      const id = await at.begin({ tenant: 'acme', units });
      const other = await at.begin({ tenant: 'globex', units: docs('other', 5) });
      if (after > 0) await clock.advance(after);
      const underWay = at.underWay().filter(({ unit }) => unit.startsWith('d/'));
      const before = at.calls.length;
      const finished = at.finished();
      await at.cancel(id);
      const untold = underWay.filter(({ signal }) => !signal?.aborted);
      must(
        untold.length === 0,
        () =>
          `${untold.length} of ${underWay.length} calls that were under way when the task was cancelled were not told to stop`,
      );
      await clock.advance(40 * SECOND);
      const late = at.calls.slice(before).filter(({ unit }) => unit.startsWith('d/'));
      must(
        late.length === 0,
        () => `${late.length} calls were made after the task was cancelled (at ${finished} of ${units.length} units)`,
      );
      const [seen, given] = [await at.status(id), await at.result(id)];
      must(
        stateOf(seen) === 'cancelled' && given.status === 409 && given.state === 'cancelled',
        () => `cancelled; 40 s later the task is ${stateOf(seen)} and its result answers ${answered(given)}`,
      );
      must((await at.cancel(id)).status === 202, 'cancelling a task for the second time was refused');
      const said = ended(at.of(id));
      must(
        said.join() === 'TaskCancelled',
        () => `a task that was cancelled twice was announced as ${said.join(', ')}`,
      );
      must(at.of(id).at(-1)?.type === 'TaskCancelled', () => `after TaskCancelled came ${at.of(id).at(-1)?.type}`);

      const neighbour = stateOf(await at.status(other));
      must(neighbour === 'done', () => `acme cancelled its task; that of globex is ${neighbour}`);
      must((await at.cancel(other)).status === 202, 'cancelling a task that is done was refused');
      const state = stateOf(await at.status(other));
      const kept = await at.result(other);
      must(
        state === 'done' && kept.status === 200 && ended(at.of(other)).join() === 'TaskFinished',
        'a task that was done lost its result when it was cancelled',
      );
    }
  },
);

behaviour('failed', 'a unit that fails ends the task: it says why, and costs no further call', async (run) => {
  const { seed, clock } = run;
  const policy = policyOf(seed);
  const units = docs('d', between(seed, 'units', 15, 40));
  const bad = between(seed, 'bad', 0, units.length - 1);
  const reason = `model overloaded, request ${between(seed, 'request', 1_000, 9_999)}`;
  const at = desk(run, policy, (unit) => ({
    ms: between(seed, `ms ${unit}`, 500, 2_000),
    ...(unit === units[bad] && { fails: reason }),
    // What is under way besides fails too, a moment later and for another reason.
    ...(units.indexOf(unit) > bad && { fails: 'connection reset', stubborn: true, ms: 2_500 }),
  }));
  const id = await at.begin({ tenant: 'acme', units });
  const failures = () => at.calls.filter(({ gave }) => gave === 'failure');
  while (failures().length === 0 && clock.now() < 120_000) await clock.advance(50);
  const made = at.calls.length;
  const untold = at.underWay().filter(({ signal }) => !signal?.aborted).length;
  must(untold === 0, `unit ${bad + 1} failed, and ${untold} calls that were under way were not told to stop`);
  const first = { seen: await at.status(id), given: await at.result(id) };
  const why = failures().map(({ unit }) => (unit === units[bad] ? reason : 'connection reset'));
  await clock.advance(40 * SECOND);
  await at.cancel(id);
  for (const { seen, given } of [first, { seen: await at.status(id), given: await at.result(id) }]) {
    must(
      seen.status === 200 && seen.state === 'failed' && given.status === 409 && given.state === 'failed',
      () => `a unit failed; the task is ${stateOf(seen)} and its result answers ${answered(given)}`,
    );
    must(
      why.some((words) => String(seen.reason).includes(words)),
      () => `the provider said "${why[0]}"; the status gives as reason ${JSON.stringify(seen.reason)}`,
    );
  }
  must(
    at.calls.length === made,
    () => `${at.calls.length - made} calls were made after unit ${bad + 1} of ${units.length} had failed`,
  );
  const said = at.of(id);
  must(
    ended(said).join() === 'TaskFailed' && said.at(-1)?.type === 'TaskFailed',
    () => `a task that failed was announced as ${said.map(({ type }) => type).join(', ')}`,
  );
});

behaviour('result-kept', 'an outcome is there until its time is over, however often it is read', async (run) => {
  const { seed, clock } = run;
  const policy = policyOf(seed, { resultTtlMs: keptFor(seed) });
  const units = docs('d', between(seed, 'units', 4, 20));
  const broken = docs('broken', 3);
  // Some tasks run longer than their outcome is kept.
  const ms = roll(seed, 'slow') < 0.5 ? 3_000 : 45_000;
  const at = desk(run, policy, (unit) => ({ ms, ...(broken.includes(unit) && { fails: 'no' }) }));
  const id = await at.begin({ tenant: 'acme', units });
  while (at.finished() < units.length && clock.now() < 20 * MINUTE) {
    const state = stateOf(await at.status(id));
    must(
      state === 'running',
      () =>
        `at work since ${span(clock.now())}, with ${at.finished()} of ${units.length} units embedded, the task is ${state} (an outcome is kept for ${span(policy.resultTtlMs)})`,
    );
    await clock.advance(5 * SECOND);
  }
  const failed = await at.begin({ tenant: 'globex', units: broken });
  await clock.advance(ms + 100);
  const cancelled = await at.begin({ tenant: 'initech', units: docs('never', 9) });
  await at.cancel(cancelled);

  const ttl = policy.resultTtlMs - ms - 6 * SECOND;
  const wanted = Object.fromEntries(units.map((unit) => [unit, vectorOf(seed, unit)]));
  for (const [wait, share] of [
    [0, 0],
    [0.5, 0.5],
    [0, 0.5],
    [0.45, 0.95],
  ] as const) {
    await pass(run, wait * ttl);
    const given = await at.result(id);
    const age = `${span(share * ttl)} after its end (it is kept for ${span(policy.resultTtlMs)})`;
    must(given.status === 200, () => `the result answered ${given.status} ${age}`);
    must(
      isDeepStrictEqual({ ...given.result }, wanted),
      () => `${age} the result holds ${Object.keys(given.result).length} of ${units.length} units, or wrong ones`,
    );
    const states = [
      stateOf(await at.status(id)),
      stateOf(await at.status(failed)),
      stateOf(await at.status(cancelled)),
    ];
    must(
      states.join() === 'done,failed,cancelled',
      () => `done, failed and cancelled tasks are ${states.join(', ')} ${age}`,
    );
  }
  const month = desk(run, policyOf(seed, { resultTtlMs: 30 * DAY }), () => ({ ms: 500 }));
  const long = await month.begin({ tenant: 'acme', units: docs('long', 1) });
  await clock.advance(2 * SECOND);
  const fresh = await month.result(long);
  must(fresh.status === 200, () => `a result that is kept for 30 days answered ${fresh.status} 1.5 s after its end`);
  const twice = at.calls.length - new Set(at.calls.map(({ unit }) => unit)).size;
  must(twice === 0, () => `${twice} units were embedded more than once`);
});

behaviour('gone', 'when its time is over an outcome is gone, and known to be', async (run) => {
  const { seed, clock } = run;
  const policy = policyOf(seed, { resultTtlMs: keptFor(seed) });
  const at = desk(run, policy, (unit) => ({ ms: 2_000, ...(unit.startsWith('broken') && { fails: 'no' }) }));
  const ids = {
    done: await at.begin({ tenant: 'acme', units: docs('d', 4) }),
    failed: await at.begin({ tenant: 'globex', units: docs('broken', 3) }),
    cancelled: await at.begin({ tenant: 'initech', units: docs('c', 4) }),
  };
  await clock.advance(1_000);
  await at.cancel(ids.cancelled);
  await clock.advance(10_000);
  await pass(run, 0.9 * policy.resultTtlMs - 10_000);
  await at.result(ids.done);
  await pass(run, 0.2 * policy.resultTtlMs + MINUTE);
  let young: string | undefined;
  for (const wait of [0, policy.resultTtlMs / 2]) {
    await pass(run, wait);
    for (const state of ['done', 'failed', 'cancelled'] as const) {
      const answers = { status: at.status, result: at.result, cancel: at.cancel };
      for (const [name, ask] of Object.entries(answers)) {
        const { status } = await ask(ids[state]);
        must(
          status === 410,
          () =>
            `${name} of a task that was ${state} answered ${status} ${span(clock.now() - 5_000)} after its end; it was kept for ${span(policy.resultTtlMs)}`,
        );
      }
    }
    young ??= await at.begin({ tenant: 'acme', units: docs('young', 1) });
    await clock.advance(3_000);
    const still = await at.result(young);
    must(still.status === 200, () => `the result of a task that has just ended answered ${still.status}`);
  }
});

behaviour('unknown', 'a task that never was is not found', async (run) => {
  const at = desk(run, policyOf(run.seed), () => ({ ms: 100 }));
  const id = await at.begin({ tenant: 'acme', units: docs('d', 2) });
  await run.clock.advance(1_000);
  for (const unknown of [`${id}0`, id.slice(0, -1), '', 'constructor']) {
    const found = [await at.status(unknown), await at.result(unknown), await at.cancel(unknown)];
    must(
      found.every(({ status }) => status === 404),
      () =>
        `"${unknown}" never was a task; status, result and cancel answered ${found.map((f) => f.status).join(', ')}`,
    );
  }
});

tradeOff('who comes back when told hears of the end soon, and does not ask a hundred times', async (run) => {
  const { seed, clock } = run;
  const minutes = (name: string, low: number, high: number) => between(seed, name, low * 60, high * 60) * SECOND;
  const scenes = [
    { kind: 'short', units: between(seed, 'short', 4, 20), lasts: between(seed, 'seconds', 2, 12) * SECOND },
    { kind: 'long', units: between(seed, 'long', 60, 120), lasts: minutes('hours', 60, 180) },
    { kind: 'coarse', units: between(seed, 'coarse', 4, 10), lasts: minutes('coarse minutes', 30, 90) },
    { kind: 'slowing', units: between(seed, 'slowing', 30, 60), lasts: minutes('minutes', 3, 10), slower: 4 },
  ];
  for (const { kind, units, lasts, slower = 1 } of scenes) {
    const concurrency = between(seed, `concurrency ${kind}`, 1, 3);
    const unitMs = (lasts * concurrency) / units / ((1 + slower) / 2);
    const ms = (unit: string) =>
      Math.round(unitMs * (0.8 + 0.4 * roll(seed, unit)) * (Number(unit.split('/')[1]) > units / 2 ? slower : 1));
    const at = desk(run, policyOf(seed, { concurrency }), (unit) => ({ ms: ms(unit) }));
    const began = clock.now();
    const id = await at.begin({ tenant: 'acme', units: docs(kind, units) });
    const others = kind === 'coarse' ? between(seed, 'others', 5, 10) : between(seed, `others ${kind}`, 0, 2);
    const task = `a task of ${units} units`;
    let seen = await at.status(id);
    for (let polls = 1; seen.status === 200 && seen.state === 'running'; polls++) {
      const told = seen.retryAfterSeconds;
      must(
        told !== undefined && Number.isInteger(told) && told >= 1,
        () => `a client was told to come back after ${told} seconds`,
      );
      must(
        polls < 100,
        () =>
          `a client that came back when told had asked ${polls} times in ${span(clock.now() - began)}, and ${task} was still running`,
      );
      for (let n = 0; n < others; n++) await at.status(id);
      await clock.advance(told * SECOND);
      seen = await at.status(id);
      must(
        clock.now() - began < 10 * lasts + 10 * MINUTE,
        () => `told to come back after ${told} s; ${task} had long ended`,
      );
    }
    must(stateOf(seen) === 'done', () => `${task} was watched to its end, and then was ${stateOf(seen)}`);
    must(at.finished() === units, () => `${task} is done after ${at.finished()} of them`);
    const end = Math.max(...at.calls.map(({ endedAt = 0 }) => endedAt));
    const late = clock.now() - end;
    must(
      late <= 5 * SECOND + (end - began) / 4,
      () =>
        `${task} had ended after ${span(end - began)}; a client that came back when told heard of it ${span(late)} later${others > 0 ? ` (${others} more asked about it beside)` : ''}`,
    );
  }
});
