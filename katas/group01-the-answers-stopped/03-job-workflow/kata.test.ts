import { isDeepStrictEqual } from 'node:util';
import type { CreateWorkflows, WorkflowPolicy } from '#answerdesk/seams/workflow.ts';
import {
  type Delivery,
  type StepPlan,
  type Take,
  TIME_TO_WRITE_MS,
  Worker,
  WorkflowWorld,
} from '#answerdesk/simulation/workflow-world.ts';
import { readRecording } from '#kit/events.ts';
import { between, pick, roll, shuffled } from '#kit/seeded.ts';
import { behaviour, incident, must, type Run, tradeOff } from '#kit/suite.ts';
import {
  BILLED,
  LONG_ANSWERS_SEED,
  longAnswers,
  playLongAnswers,
  recordedLongAnswers,
} from '../incident/job-workflow.ts';
import * as kata from './kata.ts';

const createWorkflows: CreateWorkflows = kata.createWorkflows;
const RESTART_AFTER = 1_000;

incident(
  'a job whose worker died is finished by the next one, and no step that was done is paid for again',
  {
    recorded: () => recordedLongAnswers(readRecording(new URL('./incident.jsonl', import.meta.url))),
    fresh: longAnswers,
    recordedSeed: LONG_ANSWERS_SEED,
  },
  async (scene, run) => {
    const { world, ends } = await playLongAnswers(scene, run, createWorkflows);
    const eventOf = (id: string) => scene.jobs.find((job) => job.id === id)?.event;
    const duplicates = world.duplicates();
    const billed = duplicates.filter(({ step }) => BILLED.includes(step));
    const drafts = billed.filter(({ step }) => step === 'draft').length;
    must(
      duplicates.length === 0,
      () =>
        `${duplicates.length} finished steps were run again after ${scene.kills.length} workers had died, and ${billed.length} of them billed again, ${drafts} of those drafts (first: ${duplicates[0]?.step} of ${duplicates[0]?.job})`,
      eventOf(duplicates[0]?.job ?? ''),
    );
    const unfinished = scene.jobs.filter(({ id }) => !ends.has(id));
    must(
      unfinished.length === 0,
      () => `${unfinished.length} of ${scene.jobs.length} jobs never ended (first: ${unfinished[0]?.id})`,
      unfinished[0]?.event,
    );
    const wrong = scene.jobs.filter(({ id, answerable }) => (ends.get(id)?.failure === undefined) !== answerable);
    must(
      wrong.length === 0,
      () =>
        `${wrong[0]?.id} was ${wrong[0]?.answerable ? 'answerable and failed' : 'not answerable and was delivered'}`,
      wrong[0]?.event,
    );
    const left = scene.jobs.filter(({ id, answerable }) => {
      const unsure = world.diedUnrecorded(id, 'reserve');
      return world.standing(id, 'reserve') - unsure > (answerable ? 1 : 0);
    });
    must(
      left.length === 0,
      () => `${left.length} jobs left tokens of their tenant reserved that nobody will use (first: ${left[0]?.id})`,
      left[0]?.event,
    );
  },
);

behaviour('order', 'a step begins when what it depends on is done, and is handed its results', async (run) => {
  const { world, worker } = start(run);
  const plan = anyWorkflow(run.seed, 'order');
  const jobs = ['job-1', 'job-2'].map((job) => worker.perform(job, plan, { ticket: `t-${job}` }));
  await run.clock.advance(30_000);
  for (const delivery of jobs) {
    resolved(delivery, world, plan);
    for (const { name } of plan) {
      const times = world.takes.filter(({ job, step }) => job === delivery.job && step === name).length;
      must(times === 1, `step ${name} of ${delivery.job} ran ${times} times`);
    }
  }
  inOrder(world, plan);
  const other = world.takes.find(({ input, job }) => !isDeepStrictEqual(input, { ticket: `t-${job}` }));
  must(!other, () => `step ${other?.step} of ${other?.job} was handed the input ${JSON.stringify(other?.input)}`);
});

behaviour('side-by-side', 'steps that do not need one another run at once, up to the limit of the run', async (run) => {
  for (const concurrency of [1, between(run.seed, 'limit', 2, 4)]) {
    const { world, worker, appendMs } = start(run, { concurrency });
    const plan = anyWorkflow(run.seed, `side ${concurrency}`);
    const jobs = ['job-1', 'job-2'].map((job) => worker.perform(job, plan));
    await run.clock.advance(40_000);
    for (const { job } of jobs) {
      const takes = world.takes.filter((take) => take.job === job);
      const most = Math.max(...takes.map(({ from }) => takes.filter((take) => during(take, from)).length));
      must(most <= concurrency, `${most} steps of one job were under way at once; the limit is ${concurrency}`);
      for (const take of takes) idleBefore(take, takes, plan, concurrency, 3 * appendMs + 10);
    }
    for (const delivery of jobs) resolved(delivery, world, plan);
  }
});

behaviour('resume', 'a job goes on from the last step that was done, however often its worker dies', async (run) => {
  const { seed, clock } = run;
  const plan = anyWorkflow(seed, 'resume');
  const alone = start(run);
  const whole = alone.worker.perform('job-1', plan);
  await clock.advance(30_000);
  resolved(whole, alone.world, plan);
  const length = (whole.endedAt ?? 0) - whole.at;

  for (const life of [1, 2, 3]) {
    const { world, policy, worker } = start(run);
    const lives = [between(seed, `first ${life}`, 0, length), between(seed, `second ${life}`, 0, length / 2)];
    let present = worker;
    for (const lasts of lives) {
      present.perform('job-1', plan);
      await clock.advance(lasts);
      present.kill();
      await clock.advance(RESTART_AFTER);
      present = new Worker(world, createWorkflows, policy);
    }
    const last = present.perform('job-1', plan);
    await clock.advance(30_000);
    const [again] = world.duplicates();
    must(!again, () => `step ${again?.step} was done, its worker died later, and the next worker ran it again`);
    resolved(last, world, plan);
    inOrder(world, plan);

    present.kill();
    const before = world.takes.length;
    const repeated = new Worker(world, createWorkflows, policy).perform('job-1', plan);
    await clock.advance(30_000);
    must(
      world.takes.length === before,
      () => `the job was done, and handed over once more it ran ${world.takes.at(-1)?.step} again`,
    );
    resolved(repeated, world, plan);
  }
});

behaviour('durable', 'nothing is built on a result, and no job reported done, before it is on record', async (run) => {
  const { world, worker } = start(run, {}, between(run.seed, 'slow journal', 100, 240));
  const plan = anyWorkflow(run.seed, 'durable');
  const delivery = worker.perform('job-1', plan);
  await run.clock.advance(40_000);
  for (const { step, onRecord } of world.takes) {
    const missing = needs(plan, step).find((on) => !onRecord.includes(on));
    must(!missing, `${step} began while the result of ${missing}, which it builds on, could still be lost in a crash`);
  }
  resolved(delivery, world, plan);
  const open = plan.find(({ name }) => !delivery.onRecord?.includes(name));
  must(!open, `the job was reported done while ${open?.name} was not yet on record`);
});

behaviour(
  'takes-back',
  'when a step fails, what was done is taken back, the last first, and the caller hears why',
  async (run) => {
    for (const dies of [false, true]) {
      const { world, policy, worker } = start(run, { concurrency: between(run.seed, 'limit', 4, 6) });
      const { plan, failing, failure } = failingWorkflow(run.seed, dies ? { alsoFails: 'translate' } : {});
      let delivery = worker.perform('job-1', plan);
      if (dies) {
        await run.clock.advance(between(run.seed, 'dies', 1_500, 1_850));
        worker.kill();
        await run.clock.advance(RESTART_AFTER);
        delivery = new Worker(world, createWorkflows, policy).perform('job-1', plan);
      }
      await run.clock.advance(30_000);
      const [failed] = world.takes.filter((take) => take.failed).sort((a, b) => (a.to ?? 0) - (b.to ?? 0));
      must(failed !== undefined, `the job never came to ${failing}`);
      must(
        failed.step === failing,
        () =>
          `${failed.step} failed before ${failing}, though it lasts longer and there was room for both from the beginning`,
      );
      const late = world.takes.find(({ from }) => from > (failed.to ?? 0));
      must(
        !late,
        () => `${late?.step} was begun ${ms((late?.from ?? 0) - (failed.to ?? 0))} after ${failing} had failed`,
      );
      thrownAsItCame(delivery, failure, failing);
      takenBack(world, plan, delivery);
    }
  },
);

behaviour(
  'half-taken-back',
  'a worker that dies while taking back leaves nothing twice and nothing missing',
  async (run) => {
    const { seed, clock } = run;
    const { world, policy, worker } = start(run, { concurrency: 4 });
    const { plan } = failingWorkflow(seed, { onlyOnce: true, undoMs: 600 });
    worker.perform('job-1', plan);
    const undone = between(seed, 'undone', 1, 2);
    for (let n = 0; n < 300 && world.undos.filter(({ to }) => to !== undefined).length < undone; n++) {
      await clock.advance(50);
    }
    must(world.undos.length > 0, 'a step failed and nothing that was done before was taken back');
    await clock.advance(TIME_TO_WRITE_MS);
    worker.kill();
    await clock.advance(RESTART_AFTER);
    const next = new Worker(world, createWorkflows, policy);
    let delivery = next.perform('job-1', plan);
    await clock.advance(20_000);
    for (let n = 0; n < 2 && delivery.failure; n++) {
      delivery = next.perform('job-1', plan);
      await clock.advance(20_000);
    }
    resolved(delivery, world, plan);
    for (const { name, undo } of plan) {
      const standing = world.standing('job-1', name);
      must(!undo || standing === 1, `the job was done in the end, and ${name} stands ${standing} times`);
    }
  },
);

behaviour(
  'stuck-undo',
  'a step that cannot be taken back is announced, and hides neither the others nor the reason',
  async (run) => {
    const { seed, clock } = run;
    const stuck = pick(seed, 'stuck', ['history', 'draft', 'translate']);
    const { world, worker } = start(run, { concurrency: 4 });
    const { plan, failing, failure } = failingWorkflow(seed, { onlyOnce: true, stuck, failing: 'check' });
    const delivery = worker.perform('job-1', plan);
    await clock.advance(20_000);
    thrownAsItCame(delivery, failure, failing);
    for (const { name, undo } of plan) {
      const standing = world.standing('job-1', name);
      must(
        !undo || name === stuck || standing === 0,
        `${stuck} could not be taken back, and ${name} was then left too`,
      );
    }
    const announced = world.events
      .filter(({ type }) => type === 'WorkflowCompensationFailed')
      .map(({ data }) => data.step);
    must(
      isDeepStrictEqual(announced, [stuck]),
      `${stuck} could not be taken back; announced as such: ${announced.join(', ') || 'nothing'}`,
    );
    const again = worker.perform('job-1', plan);
    await clock.advance(20_000);
    resolved(again, world, plan);
    const standing = world.standing('job-1', stuck);
    must(standing === 1, `${stuck} had not been taken back, and stands ${standing} times after the next attempt`);
  },
);

behaviour(
  'refuses',
  'a workflow that cannot work is refused before anything runs, and says which steps',
  async (run) => {
    const { seed, clock } = run;
    // Names that no message holds by chance.
    const [first = '', second = '', after = '', ...others] = shuffled(seed, 'names', NAMES).map(
      (name) => `${name}-${between(seed, name, 10, 99)}`,
    );
    const ring = others.slice(0, between(seed, 'ring', 1, 4));
    const healthy = [step(first), step(second, [first])];
    const cycle = ring.map((name, n) => step(name, [first, ring[(n + 1) % ring.length] ?? name]));
    const circle = [...healthy, ...cycle, step(after, ring.slice(0, 1))];
    const cases: [string, StepPlan[], string[], string[]][] = [
      ['wait for one another', circle, ring, [second]],
      ['depends on itself', [step(after, [after])], [after], []],
      ['depends on a step that is not there', [...healthy, step(after, ['proofread-7'])], ['proofread-7'], [first]],
      ['are called the same', [...healthy, step(after), step(after)], [after], [first]],
    ];
    for (const [what, plan, guilty, innocent] of cases) {
      const { world, worker } = start(run);
      const delivery = worker.perform('job-1', shuffled(seed, what, plan));
      await clock.advance(10_000);
      const about = `steps: ${guilty.join(', ')} (${what})`;
      must(
        world.takes.length === 0,
        () => `${world.takes.length} steps ran although the workflow could not work; ${about}`,
      );
      must(world.calls.appends === 0, `the refused workflow was written to the journal; ${about}`);
      const { failure } = delivery;
      must(failure !== undefined, `the workflow was not refused; ${about}`);
      const code = (failure as Error & { code?: string }).code;
      must(code === 'WORKFLOW_INVALID', `refused with the code ${code}; ${about}`);
      const unnamed = guilty.filter((name) => !failure.message.includes(name));
      must(unnamed.length === 0, `the refusal does not name ${unnamed.join(', ')}; ${about}`);
      const blamed = innocent.filter((name) => failure.message.includes(name));
      must(blamed.length === 0, `the refusal names ${blamed.join(', ')}, which could have run; ${about}`);
    }
  },
);

behaviour('announces', 'each thing that happened is announced once, by the worker that did it', async (run) => {
  const { seed, clock } = run;
  const { world, policy, worker } = start(run, { concurrency: 4 });
  const { plan, failing } = failingWorkflow(seed, { onlyOnce: true });
  worker.perform('job-1', plan);
  await clock.advance(between(seed, 'dies', 1_500, 1_850));
  worker.kill();
  await clock.advance(RESTART_AFTER);
  const next = new Worker(world, createWorkflows, policy);
  const names = (type: string) => world.events.filter((event) => event.type === type).map(({ data }) => data.step);
  const failed = next.perform('job-1', plan);
  await clock.advance(20_000);
  must(failed.failure !== undefined, `${failing} failed and the job did not`);
  must(names('WorkflowCompleted').length === 0, `the job failed and was announced as completed`);
  sameSteps('failed', names('WorkflowStepFailed'), [failing]);
  const finished = world.takes.filter((take) => take.to !== undefined && !take.failed).map((take) => take.step);
  sameSteps('completed', names('WorkflowStepCompleted'), finished);
  const undoable = plan.filter(({ undo }) => undo).map(({ name }) => name);
  const takenBackSteps = names('WorkflowStepCompensated').filter((name) => undoable.includes(name ?? ''));
  sameSteps(
    'taken back',
    takenBackSteps,
    world.undos.map((undo) => undo.step),
  );

  next.perform('job-1', plan);
  await clock.advance(20_000);
  const last = world.events.at(-1);
  must(
    names('WorkflowCompleted').length === 1,
    `a job that was done was announced as completed ${names('WorkflowCompleted').length} times`,
  );
  must(last?.type === 'WorkflowCompleted', `after the job was announced as completed came ${last?.type}`);
  must(
    world.events.every(({ data }) => data.runId === 'job-1'),
    'an event does not name the run it is about',
  );
});

tradeOff('a job of one step costs what the step costs: only what can be resumed is written down', async (run) => {
  const { seed, clock } = run;
  const lasts = between(seed, 'lasts', 20, 60);
  const failure = Object.assign(new Error('no answer'), { status: 503, requestId: `r-${seed}` });
  const [name] = shuffled(seed, 'name', NAMES);
  const only = step(name ?? 'draft', [], lasts, 50);
  for (const plan of [only, { ...only, comesTo: () => ({ failure }) }]) {
    const { world, worker } = start(run, {}, between(seed, 'journal', 40, 90));
    const delivery = worker.perform('job-1', [plan]);
    await clock.advance(5_000);
    const { reads, appends } = world.calls;
    const took = (delivery.endedAt ?? Infinity) - delivery.at;
    must(
      reads + appends === 0 && took <= lasts + 1,
      `a job of one step of ${ms(lasts)} took ${ms(took)}: ${reads} reads and ${appends} writes of a journal that nobody will need`,
    );
    if (plan === only) resolved(delivery, world, [only]);
    else thrownAsItCame(delivery, failure, only.name);
    must(world.undos.length === 0, 'the only step failed, and was taken back although it had done nothing');
  }
  const pair = [only, step('last', [only.name], 2_000)];
  const { world, policy, worker } = start(run);
  worker.perform('job-1', pair);
  await clock.advance(1_000);
  worker.kill();
  await clock.advance(RESTART_AFTER);
  const delivery = new Worker(world, createWorkflows, policy).perform('job-1', pair);
  await clock.advance(10_000);
  must(world.duplicates().length === 0, `a job of two steps died in the second, and the next worker ran both`);
  resolved(delivery, world, pair);
});

const NAMES = ['reserve', 'retrieve', 'history', 'draft', 'check', 'deliver', 'notify', 'translate', 'classify'];

function start({ seed, clock }: Run, over: Partial<WorkflowPolicy> = {}, appendMs = between(seed, 'append', 4, 16)) {
  const policy = { concurrency: between(seed, 'concurrency', 2, 4), ...over };
  const world = new WorkflowWorld(clock.now, { readMs: appendMs / 2, appendMs });
  return { world, policy, appendMs, worker: new Worker(world, createWorkflows, policy) };
}

/** What needs no other step says so by an empty list or, where its name has an even length, not at all. */
function step(name: string, dependsOn: string[] = [], lasts = 400, undoMs?: number): StepPlan {
  const comesTo = (job: string, take: number) => ({ result: { step: name, job, take } });
  const listed = dependsOn.length > 0 || name.length % 2 === 1;
  const undo = undoMs !== undefined && { undo: { lasts: undoMs } };
  return { name, ...(listed && { dependsOn }), lasts: () => lasts, comesTo, ...undo };
}

/** Five to nine steps in any order, each needing some of the others; some come to nothing that looks like something. */
function anyWorkflow(seed: number, tag: string): StepPlan[] {
  const names = shuffled(seed, tag, NAMES).slice(0, between(seed, `${tag} steps`, 5, 9));
  const plan = names.map((name, n): StepPlan => {
    const key = `${tag} ${name}`;
    const dependsOn = names.slice(0, n).filter((on) => roll(seed, `${key} ${on}`) < 0.35);
    const empty = pick<unknown>(seed, `${key} result`, [0, '', false, null, [], 'text', 'text']);
    const comesTo = (job: string, take: number) => ({ result: empty === 'text' ? { name, job, take } : empty });
    return { ...step(name, dependsOn, between(seed, `${key} lasts`, 300, 1_500)), comesTo };
  });
  return shuffled(seed, `${tag} declared`, plan);
}

/** A draft or its check fails; two others are under way then and end well; what follows from them must not begin. */
function failingWorkflow(
  seed: number,
  over: { onlyOnce?: boolean; undoMs?: number; stuck?: string; failing?: string; alsoFails?: string } = {},
) {
  const { onlyOnce = false, undoMs = between(seed, 'undo', 100, 400), stuck, failing: which, alsoFails } = over;
  const failing = which ?? pick(seed, 'failing', ['draft', 'check']);
  const failure = Object.assign(new Error('the provider refused the draft'), { status: 422, requestId: `r-${seed}` });
  const lasts = (name: string, low: number, high: number) => between(seed, `${name} lasts`, low, high);
  let failed = false;
  const plan = [
    step('reserve', [], lasts('reserve', 200, 400), undoMs),
    step('retrieve', ['reserve'], lasts('retrieve', 300, 500)),
    step('history', ['reserve'], lasts('history', 600, 800), undoMs),
    step('draft', ['retrieve', 'history'], lasts('draft', 1_100, 1_500), undoMs),
    step('check', ['draft'], lasts('check', 300, 600), undoMs),
    step('deliver', ['check'], 200, undoMs),
    step('translate', [], lasts('translate', 4_300, 5_000), undoMs),
    step('publish', ['translate'], 200, undoMs),
    step('classify', [], lasts('classify', 3_500, 3_900), undoMs),
    step('notify', ['classify'], 200, undoMs),
  ].map((one): StepPlan => {
    const refusal = new Error(`${one.name} can not be taken back`);
    return {
      ...one,
      ...(one.name === stuck && { undo: { lasts: undoMs, failure: refusal } }),
      comesTo: (job, take) => {
        if (one.name === alsoFails) return { failure: new Error(`${alsoFails} failed too`) };
        if (one.name !== failing || (onlyOnce && failed)) return one.comesTo(job, take);
        failed = true;
        return { failure };
      },
    };
  });
  return { plan: shuffled(seed, 'declared', plan), failing, failure };
}

const ms = (value: number) => (value === Infinity ? 'for ever' : `${Math.round(value)} ms`);
const needs = (plan: readonly StepPlan[], name: string) => plan.find((one) => one.name === name)?.dependsOn ?? [];
const during = ({ from, to = Infinity }: Take, at: number, slack = 0) => from <= at && at < to + slack;

/** The job ended well, with the results that its steps came to. */
function resolved(delivery: Delivery, world: WorkflowWorld, plan: readonly StepPlan[]): void {
  const { job, endedAt, failure, results } = delivery;
  must(endedAt !== undefined, `${job} never ended`);
  must(!failure, () => `${job} failed although no step of it did: ${failure?.message}`);
  for (const { name } of plan) {
    const take = world.held(job, name);
    must(take !== undefined, `${job} was reported done, and its step ${name} had not been`);
    must(
      isDeepStrictEqual(results?.[name], take.result),
      () => `${name} of ${job} came to ${json(take.result)}; the job reports ${json(results?.[name])}`,
    );
  }
}

function inOrder(world: WorkflowWorld, plan: readonly StepPlan[]): void {
  for (const { job, step: name, from, given } of world.takes) {
    for (const on of needs(plan, name)) {
      const before = world.takes.filter((one) => one.job === job && one.step === on && (one.to ?? Infinity) <= from);
      const result = before.at(-1)?.result;
      must(before.length > 0, `${name} began before ${on}, on which it depends, was done`);
      must(
        isDeepStrictEqual(given[on], result),
        () => `${name} was handed ${json(given[on])} as the result of ${on}, which had come to ${json(result)}`,
      );
    }
  }
}

/** At no time before it began was there a free place, once what it depends on was done. */
function idleBefore(one: Take, takes: Take[], plan: readonly StepPlan[], concurrency: number, slack: number): void {
  const others = takes.filter((take) => take !== one);
  const needed = others.filter((take) => needs(plan, one.step).includes(take.step));
  const jobBegan = Math.min(...takes.map(({ from }) => from));
  const ready = Math.max(jobBegan, ...needed.map(({ to = 0 }) => to)) + slack;
  const idle = [ready, ...others.map(({ to = 0 }) => to + slack)]
    .filter((at) => at >= ready && at < one.from)
    .find((at) => others.filter((take) => during(take, at, slack)).length < concurrency);
  must(
    idle === undefined,
    () => `${one.step} needed nothing more, there was room for it, and it waited ${ms(one.from - (idle ?? 0))}`,
  );
}

/** What the provider said, and the caller should hear. */
type Told = Error & { status?: number; requestId?: string };

function thrownAsItCame({ endedAt, failure }: Delivery, expected: Error, failing: string): void {
  must(endedAt !== undefined, `${failing} failed and the job never ended`);
  must(failure !== undefined, `${failing} failed and the job was reported done`);
  const facts = ({ message, status, requestId }: Told) => ({ message, status, requestId });
  must(
    isDeepStrictEqual(facts(failure), facts(expected)),
    () => `${failing} failed with "${expected.message}", and the caller was told "${failure.message}"`,
  );
}

/** Whatever had been done has been taken back, the last first, one after the other. */
function takenBack(world: WorkflowWorld, plan: readonly StepPlan[], { job, endedAt = 0 }: Delivery): void {
  const finished = plan.filter(({ name, undo }) => undo && world.held(job, name)).map(({ name }) => name);
  const { undos } = world;
  const never = undos.find((undo) => !finished.includes(undo.step));
  must(!never, () => `${never?.step} was taken back, and had never been done`);
  const left = finished.filter((name) => !undos.some((undo) => undo.step === name && (undo.to ?? Infinity) <= endedAt));
  must(left.length === 0, `the job failed, and what had been done was left as it was: ${left.join(', ')}`);
  must(undos.length === finished.length, `${finished.length} steps had been done, and ${undos.length} were taken back`);
  for (const [n, undo] of undos.entries()) {
    const done = world.held(job, undo.step);
    must(
      isDeepStrictEqual(undo.result, done?.result),
      () => `${undo.step} came to ${json(done?.result)}; taken back was ${json(undo.result)}`,
    );
    const next = undos[n + 1];
    if (!next) continue;
    must(next.from >= (undo.to ?? Infinity), `${next.step} was being taken back before ${undo.step} had been`);
    const later = (world.held(job, next.step)?.to ?? 0) - (done?.to ?? 0);
    must(later < 60, `${undo.step} was taken back before ${next.step}, which had been done ${ms(later)} after it`);
  }
}

function sameSteps(what: string, announced: (string | undefined)[], happened: string[]): void {
  must(
    isDeepStrictEqual([...announced].sort(), [...happened].sort()),
    () => `announced as ${what}: ${announced.join(', ') || 'nothing'}; it was ${happened.join(', ') || 'nothing'}`,
  );
}
const json = (value: unknown) => JSON.stringify(value);
