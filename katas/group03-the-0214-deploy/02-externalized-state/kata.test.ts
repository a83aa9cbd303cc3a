import { isDeepStrictEqual } from 'node:util';
import type { Claim, CreateJobQueue, JobQueuePolicy, NewJob, QueuedJob } from '#answerdesk/seams/job-queue.ts';
import { type Hooks, type QueueProcess, QueueWorld } from '#answerdesk/simulation/queue-world.ts';
import { readRecording } from '#kit/events.ts';
import { between, pick, roll, shuffled } from '#kit/seeded.ts';
import { behaviour, inAnotherProcess, incident, must, type Run, tradeOff } from '#kit/suite.ts';
import { deployNight, POLICY, playDeployNight, recordedNight } from '../incident/externalized-state.ts';
import { BEGINS, RECORDED_SEED } from '../incident/script.ts';
import * as kata from './kata.ts';

const createJobQueue: CreateJobQueue = kata.createJobQueue;
const { schema } = kata;
/** The answer as a process has it that has just begun. */
const anew = async (): Promise<CreateJobQueue> => (await inAnotherProcess(() => import('./kata.ts'))).createJobQueue;
/** How far the end of a lease may be off, in ms. */
const SLACK = 20;

incident(
  'every acknowledged question is answered, once, whichever instances the deploy takes down',
  {
    recorded: () => recordedNight(readRecording(new URL('./incident.jsonl', import.meta.url), BEGINS)),
    fresh: deployNight,
    recordedSeed: RECORDED_SEED,
  },
  async (scene, run) => {
    const factories: CreateJobQueue[] = [];
    for (let n = 0; n < 4 + scene.kills.length; n++) factories.push(await anew());
    const { world, outcomes } = await playDeployNight(scene, run, schema, factories);
    const acknowledged = outcomes.filter((one) => one.acknowledged);
    const answerable = acknowledged.filter((one) => !one.unanswerable);
    const lost = answerable.filter((one) => one.answered.length === 0);
    must(
      lost.length === 0,
      () =>
        `${lost.length} of ${acknowledged.length} acknowledged questions were never answered; the deploy had taken instances down ${scene.kills.length} times (first: ${lost[0]?.id})`,
      lost[0]?.event,
    );
    const twice = acknowledged.filter((one) => one.answered.length > 1);
    must(
      twice.length === 0,
      () =>
        `${twice.length} questions were answered twice: a worker that had been given up handed its answer in as well (first: ${twice[0]?.id})`,
      twice[0]?.event,
    );
    for (const one of acknowledged.filter(({ unanswerable }) => unanswerable)) {
      must(
        one.tries <= POLICY.maxAttempts,
        `${one.id}, which no model can answer, was tried ${one.tries} times; ${POLICY.maxAttempts} are allowed`,
        one.event,
      );
      const dead = await world.dead(createJobQueue);
      must(dead.includes(one.id), `${one.id} can't be answered, and is not among the dead`, one.event);
    }
  },
  { startAt: BEGINS },
);

behaviour('in-turn', 'jobs are handed out in the order in which they came, each once, as they came', async (run) => {
  const { start, jobs, policy } = scene(run);
  const { queue } = start();
  for (const job of jobs) {
    await queue.enqueue(job);
    await run.clock.advance(between(run.seed, `gap ${job.id}`, 1, 900));
  }
  for (const job of jobs) {
    const claim = held(await queue.claim('w-1'), job, 1);
    must((await queue.heartbeat(claim)) === true, `a worker that had just taken ${job.id} was told it was another's`);
  }
  await nothing(queue.claim('w-1'), `${jobs.length} jobs were queued and all are in workers' hands`);
  must(policy.maxAttempts > 1 && (await queue.dead()).length === 0, 'nothing has failed, and there are dead jobs');
});

behaviour('outlives', 'what was acknowledged outlives its process, payload and result as they were', async (run) => {
  const { world, start, look, jobs: all } = scene(run);
  const jobs = all.slice(0, 3);
  const first = start();
  for (const job of jobs) await first.queue.enqueue(job);
  must(world.db.statements.length > 0, 'jobs were acknowledged, and nothing was written to the database');
  await first.kill();
  const worker = start('worker', {}, await anew());
  for (const [n, job] of jobs.entries()) {
    sameStatus(await look(job.id), { phase: 'queued', attempts: 0 }, job.id);
    const claim = held(await worker.queue.claim('w-1'), job, 1);
    sameStatus(await look(job.id), { phase: 'running', attempts: 1 }, job.id);
    const result = anyJson(run.seed, n + 3);
    must((await worker.queue.complete(claim, result)) === true, `the worker of ${job.id} was told that it was late`);
    sameStatus(await look(job.id), { phase: 'done', attempts: 1, result }, job.id);
  }
  await worker.kill();
  for (const [n, { id }] of jobs.entries()) {
    sameStatus(await look(id), { phase: 'done', attempts: 1, result: anyJson(run.seed, n + 3) }, id);
  }
  await nothing(start('last').queue.claim('w-2'), 'every job was done');
  must((await look('j-unknown')) === undefined, 'a job that nobody had queued has a status');
});

behaviour('same-id', 'the same id is one job, whoever queues it again and whatever became of it', async (run) => {
  const { seed } = run;
  const { start, look, jobs } = scene(run, { maxAttempts: 2 });
  const [one, other] = [start('one', jitter(seed, 'one')), start('other', jitter(seed, 'other'))];
  const [job, failing] = jobs as [NewJob, NewJob];
  const again: NewJob = { ...job, payload: { text: 'sent again', by: 'somebody else' } };
  const queued = Promise.all([one.queue.enqueue(job), one.queue.enqueue(job), other.queue.enqueue(job)]);
  await soon(run, queued, 'a job was queued three times at once');
  await soon(run, other.queue.enqueue(again), 'a job was queued that was there already');
  const claim = held(await soon(run, one.queue.claim('w-1'), 'a job was claimed'), job, 1);
  await nothing(
    soon(run, other.queue.claim('w-2'), 'nothing was there'),
    `${job.id} was queued 4 times and is one job`,
  );
  await soon(run, other.queue.enqueue(again), 'a job was queued that a worker had');
  sameStatus(await look(job.id), { phase: 'running', attempts: 1 }, job.id);
  must((await soon(run, one.queue.complete(claim, 'sent'), 'a job was done')) === true, 'its only worker was late');
  await soon(run, other.queue.enqueue(again), 'a job was queued that was done');
  sameStatus(await look(job.id), { phase: 'done', attempts: 1, result: 'sent' }, job.id);

  await soon(run, one.queue.enqueue(failing), 'a job was queued');
  for (const attempt of [1, 2]) {
    const taken = held(await soon(run, one.queue.claim('w-1'), 'a job was claimed'), failing, attempt);
    await soon(run, one.queue.fail(taken, 'no'), 'a job was given back');
  }
  await soon(run, one.queue.enqueue(failing), 'a job was queued that was dead');
  await nothing(soon(run, other.queue.claim('w-2'), 'nothing was there'), 'a dead job was queued again');
});

behaviour('one-holder', 'workers that ask at the same moment never get the same job', async (run) => {
  const { seed } = run;
  const { start, jobs } = scene(run);
  const processes = ['a', 'b', 'c'].map((name) => start(name, jitter(seed, name)));
  const [enqueuer] = processes as [QueueProcess];
  await soon(run, Promise.all(jobs.map((job) => enqueuer.queue.enqueue(job))), 'jobs were queued');
  const ask = (round: number) =>
    Promise.all(processes.flatMap(({ queue, name }) => [1, 2].map((n) => queue.claim(`${name}-${round}-${n}`))));
  const claims: Claim[] = [];
  for (let round = 1; round <= jobs.length && claims.length < jobs.length; round++) {
    const asked = await soon(run, ask(round), `${processes.length * 2} workers asked at once`);
    claims.push(...asked.filter((claim) => claim !== undefined));
    const twice = claims.find((claim, n) => claims.some((one, m) => m > n && one.id === claim.id));
    must(
      !twice,
      () =>
        `${twice?.id} is in the hands of ${names(claims.filter(({ id }) => id === twice?.id).map((one) => one.worker))}`,
    );
    must(asked.some(Boolean), () => `${jobs.length - claims.length} jobs wait, and 6 workers that asked got none`);
  }
  must(claims.length === jobs.length, `${jobs.length} jobs were queued, ${claims.length} came into workers' hands`);
});

behaviour('no-waiting', 'a worker that stalls while it is taking a job holds up nobody else', async (run) => {
  const { seed } = run;
  const { start, jobs } = scene(run);
  const stalls = between(seed, 'stalls', 2, 4);
  let release = () => {};
  const stalled = new Promise<void>((resolve) => {
    release = resolve;
  });
  const slow = start('slow', { before: ({ n }) => (n >= stalls ? stalled : undefined) });
  const quick = start('quick');
  for (const job of jobs) await quick.queue.enqueue(job);
  const first = slow.queue.claim('w-slow').then((claim) => claim?.id);
  await run.clock.advance(5);
  const claims: string[] = [];
  for (let n = 1; n < jobs.length; n++) {
    const what = 'another worker was half-way through taking a job';
    const claim = await soon(run, quick.queue.claim('w-quick'), what, 200);
    must(claim !== undefined, `${what}; ${jobs.length - n} other jobs waited, and who asked got none`);
    claims.push(claim.id);
  }
  release();
  const other = await soon(run, first, 'the worker that had stalled went on');
  must(!other || !claims.includes(other), `${other} is in the hands of two workers, one of which had stalled`);
});

behaviour('lease', 'a job whose worker is gone is another’s when its lease is over, and not before', async (run) => {
  const { seed, clock } = run;
  const { world, start, jobs, policy, look } = scene(run, { maxAttempts: 4 });
  const [job, waiting] = jobs as [NewJob, NewJob];
  const first = start();
  await first.queue.enqueue(job);
  let claim = held(await first.queue.claim('w-1'), job, 1);
  await clock.advance(between(seed, 'later', 0, 300));
  const [silent, next] = [start('silent'), start('next', {}, await anew())];
  if (roll(seed, 'dies') < 0.5) await first.kill();
  for (const attempt of [2, 3]) {
    const by = attempt === 2 ? next : silent;
    await clock.advance(attempt === 2 ? policy.leaseMs - 300 - SLACK : policy.leaseMs - SLACK);
    await nothing(by.queue.claim('w-2'), `the lease of ${job.id} ran for ${SLACK} ms more, at the least`);
    await clock.advance(300 + 2 * SLACK);
    const before = claim;
    claim = held(await by.queue.claim('w-1'), job, attempt);
    must(
      claim.token > before.token,
      () => `${job.id} was taken over, and its token went from ${before.token} to ${claim.token}`,
    );
    sameStatus(await look(job.id), { phase: 'running', attempts: attempt }, job.id);
  }
  await next.queue.enqueue(waiting);
  held(await next.queue.claim('w-4'), waiting, 1);
  must(world.events.length === 0, () => `nothing died, and ${world.events[0]?.type} was announced`);
});

behaviour('clock', 'a lease runs by the database’s clock, whatever those of the processes say', async (run) => {
  const { clock } = run;
  for (const way of ['the database’s clock went on', 'the process’s clock went on']) {
    const { world, start, jobs, policy } = scene(run);
    const [job] = jobs as [NewJob];
    const [one, other] = [start('one'), start('other')];
    await one.queue.enqueue(job);
    const claim = held(await one.queue.claim('w-1'), job, 1);
    if (way === 'the database’s clock went on') {
      await world.moveClock(policy.leaseMs - SLACK);
      await nothing(other.queue.claim('w-2'), `${way} by less than the lease of ${job.id}`);
      must((await one.queue.heartbeat(claim)) === true, 'a worker was told that its job was another’s');
      await world.moveClock(2 * policy.leaseMs - 3 * SLACK);
      await nothing(other.queue.claim('w-2'), `${way} by less than the lease that a heartbeat had extended`);
      await world.moveClock(2 * policy.leaseMs + SLACK);
      held(await other.queue.claim('w-2'), job, 2);
    } else {
      await clock.advance(policy.leaseMs * 3);
      await world.moveClock(-policy.leaseMs * 3 + 5);
      await nothing(other.queue.claim('w-2'), `${way} by three leases of ${job.id}, the database’s by 5 ms`);
      await world.moveClock(-policy.leaseMs * 2 + SLACK);
      held(await other.queue.claim('w-2'), job, 2);
    }
  }
});

behaviour(
  'heartbeat',
  'a worker that gives signs of life keeps its job; one that fell silent does not',
  async (run) => {
    const { seed, clock } = run;
    const { start, jobs, policy } = scene(run, { maxAttempts: 3 });
    const [job] = jobs as [NewJob];
    const [one, other] = [start('one'), start('other')];
    await one.queue.enqueue(job);
    const claim = held(await one.queue.claim('w-1'), job, 1);
    const every = Math.round(policy.leaseMs * (between(seed, 'every', 30, 80) / 100));
    for (let n = 1; n <= 4; n++) {
      await clock.advance(every);
      await nothing(other.queue.claim('w-2'), `the worker of ${job.id} had given ${n - 1} signs of life in time`);
      must((await one.queue.heartbeat(claim)) === true, `sign of life ${n} of the worker of ${job.id} was refused`);
    }
    for (let n = 0; n < 5; n++) await one.queue.heartbeat(claim);
    await clock.advance(policy.leaseMs - SLACK);
    await nothing(
      other.queue.claim('w-2'),
      `the last sign of life of the worker of ${job.id} is less than a lease old`,
    );
    await clock.advance(2 * SLACK);
    held(await other.queue.claim('w-2'), job, 2);
    must(
      (await one.queue.heartbeat(claim)) === false,
      `${job.id} is another's, and the worker that had fallen silent was told to go on`,
    );
    await clock.advance(policy.leaseMs / 2);
    await one.queue.heartbeat(claim);
    await clock.advance(policy.leaseMs / 2 + SLACK);
    held(await one.queue.claim('w-3'), job, 3);
  },
);

behaviour('fencing', 'a worker whose job is another’s by now changes nothing, and is told', async (run) => {
  const { seed, clock } = run;
  const { start, jobs, policy, look } = scene(run, { maxAttempts: between(seed, 'attempts', 3, 5) });
  const [one, other] = [start('one'), start('other', {}, await anew())];
  for (const [n, job] of jobs.slice(0, 2).entries()) {
    const ways = shuffled(seed, `ways ${n}`, ['complete', 'fail', 'heartbeat'] as const);
    await one.queue.enqueue(job);
    const late = held(await one.queue.claim('w-1'), job, 1);
    await clock.advance(policy.leaseMs + SLACK);
    // The same worker may be the one that takes it over, when it has come back.
    const claim = held(await other.queue.claim(pick(seed, `by ${n}`, ['w-1', 'w-2'])), job, 2);
    const result = anyJson(seed, n);
    const lateWrites = async (status: QueuedJob, when: string) => {
      for (const way of ways) {
        const told = await write(one, way, late, 'the late one');
        must(told === false, `${when}; to ${way} the worker that had it before was told ${json(told)}`);
      }
      sameStatus(await look(job.id), status, `${job.id}, after a late ${ways.join(', ')},`);
    };
    await lateWrites({ phase: 'running', attempts: 2 }, `${job.id} is in another worker's hands`);
    await nothing(one.queue.claim('w-3'), `${job.id} is in another worker's hands`);
    if (n === 1) {
      must((await other.queue.fail(claim, 'not today')) === true, `the worker of ${job.id} could not give it back`);
      await lateWrites({ phase: 'queued', attempts: 2 }, `${job.id} waits for another try`);
      for (const way of ways) {
        const told = await write(other, way, claim, 'the late one');
        must(told === false, `its worker had given ${job.id} back; to ${way} it was then told ${json(told)}`);
      }
      const third = held(await other.queue.claim('w-2'), job, 3);
      await lateWrites({ phase: 'running', attempts: 3 }, `${job.id} is in another worker's hands`);
      must((await other.queue.complete(third, result)) === true, `the worker of ${job.id} was told that it was late`);
    } else {
      must((await other.queue.complete(claim, result)) === true, `the worker of ${job.id} was told that it was late`);
    }
    await lateWrites({ phase: 'done', attempts: n === 1 ? 3 : 2, result }, `${job.id} was done by another worker`);
    await nothing(one.queue.claim('w-3'), `${job.id} was done`);
  }
});

behaviour(
  'at-the-edge',
  'a worker that is late by a moment either keeps its job or loses it, not both',
  async (run) => {
    const { seed, clock } = run;
    // Who stalls, from which statement on: before it has begun, or between two statements where it makes several.
    const stalls = [
      { way: 'complete', who: 'late', from: 1 },
      { way: 'complete', who: 'late', from: 2 },
      { way: 'complete', who: 'next', from: 2 },
      { way: 'fail', who: pick(seed, 'who', ['late', 'next']), from: 2 },
    ] as const;
    for (const { way, who, from } of stalls) {
      const { start, jobs, policy, look } = scene(run, { maxAttempts: 4 });
      const [job] = jobs as [NewJob];
      let begun = Number.NEGATIVE_INFINITY;
      const stalling = (name: string): Hooks => ({
        before: () => (who === name && ++begun >= from ? pause(100) : undefined),
      });
      const [one, other] = [start('one', stalling('late')), start('other', stalling('next'))];
      await soon(run, one.queue.enqueue(job), 'a job was queued');
      const claim = held(await soon(run, one.queue.claim('w-1'), 'a job was claimed'), job, 1);
      await clock.advance(policy.leaseMs + 4 * SLACK);
      begun = 0;
      const order = who === 'late' ? ['write', 'claim'] : ['claim', 'write'];
      let wrote: Promise<boolean> | undefined;
      let claimed: Promise<Claim | undefined> | undefined;
      for (const next of order) {
        if (next === 'write') wrote = write(one, way, claim, 'late');
        else claimed = other.queue.claim('w-2');
        await clock.advance(20);
      }
      const [told, taken] = await soon(run, Promise.all([wrote, claimed]), 'a worker was late by a moment');
      const status = await look(job.id);
      if (way === 'complete') {
        const kept = status?.phase === 'done';
        must(told === kept, `a worker that was late with ${job.id} was told ${told}, and the job is ${status?.phase}`);
        must(!told || !taken, `${job.id} was done, and another worker has it in hand`);
        must(
          told === true || taken !== undefined,
          `${job.id} was refused from one worker and given to no other, though it waited`,
        );
      } else if (taken) {
        sameStatus(status, { phase: 'running', attempts: 2 }, `${job.id}, given back and taken at the same moment,`);
        must(
          (await soon(run, other.queue.heartbeat(taken), 'a sign of life')) === true,
          `${job.id} was taken from its worker`,
        );
      }
    }
  },
);

behaviour(
  'dead-letter',
  'a job that no worker survives or manages is dead after its last try, and in nobody’s way',
  async (run) => {
    const { seed, clock } = run;
    const { world, start, jobs, policy, look } = scene(run);
    const { leaseMs, maxAttempts } = policy;
    const [poison, hopeless, good] = jobs as [NewJob, NewJob, NewJob];
    const [one, other] = [start('one'), start('other')];
    for (const job of [poison, hopeless]) {
      await one.queue.enqueue(job);
      await clock.advance(1);
    }
    let last: { by: QueueProcess; claim: Claim } | undefined;
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      const by = pick(seed, `by ${attempt}`, [one, other]);
      last = { by, claim: held(await by.queue.claim('w-1'), poison, attempt) };
      const claim = held(await by.queue.claim('w-2'), hopeless, attempt);
      sameStatus(await look(hopeless.id), { phase: 'running', attempts: attempt }, hopeless.id);
      must(
        (await by.queue.fail(claim, `try ${attempt}`)) === true,
        `the worker of ${hopeless.id} could not give it back`,
      );
      const phase = attempt === maxAttempts ? 'dead' : 'queued';
      sameStatus(
        await look(hopeless.id),
        { phase, attempts: attempt },
        `${hopeless.id}, of ${maxAttempts} tries at most,`,
      );
      if (attempt < maxAttempts) await clock.advance(leaseMs + SLACK);
    }
    await clock.advance(leaseMs - SLACK);
    await nothing(other.queue.claim('w-3'), `the last try of ${poison.id} was not over`);
    await one.queue.enqueue(good);
    sameStatus(await look(poison.id), { phase: 'running', attempts: maxAttempts }, `${poison.id}, in its last try,`);
    await clock.advance(2 * SLACK);
    const [taken, none] = await Promise.all([other.queue.claim('w-3'), one.queue.claim('w-4')]);
    must(!taken || !none, `${good.id} is in the hands of two workers`);
    const [by, claim] = taken ? [other, held(taken, good, 1)] : [one, held(none, good, 1)];
    await nothing(other.queue.claim('w-3'), `${poison.id} and ${hopeless.id} had had all their tries`);
    sameStatus(await look(poison.id), { phase: 'dead', attempts: maxAttempts }, poison.id);
    const dead = await one.queue.dead();
    must(
      isDeepStrictEqual(dead, [poison.id, hopeless.id]),
      () => `${poison.id} and ${hopeless.id} are dead; the list of the dead: ${names(dead)}`,
    );
    must((await by.queue.complete(claim, null)) === true, `the worker of ${good.id} was told that it was late`);
    const late = last && (await write(last.by, pick(seed, 'late', ['fail', 'complete']), last.claim, 'late'));
    must(late === false, `${poison.id} was dead, and its last worker was told that it was in time`);
    sameStatus(await look(poison.id), { phase: 'dead', attempts: maxAttempts }, `${poison.id}, which was dead,`);
    await one.queue.claim('w-1');
    for (const { id } of [poison, hopeless]) {
      const said = world.events.filter(({ type, data }) => type === 'JobDied' && data.job === id);
      must(said.length === 1, `${id} died, and that was announced ${said.length} times`);
      must(
        said[0]?.data.attempts === maxAttempts,
        () => `${id} died after ${maxAttempts} tries, announced: ${json(said[0])}`,
      );
    }
    must(world.events.length === 2, `2 jobs died, and ${world.events.length} events were announced`);
  },
);

behaviour(
  'crash',
  'a process that dies at any statement leaves a job that is as it was, or as it should be',
  async (run) => {
    const { seed, clock } = run;
    const what = pick(seed, 'what', ['enqueue', 'claim', 'complete', 'fail']);
    const when = pick(seed, 'when', ['before', 'after']);
    const { start, jobs, policy, look } = scene(run, { maxAttempts: 5 });
    const [job] = jobs as [NewJob];
    let deadly = Number.POSITIVE_INFINITY;
    let sent = 0;
    const hook = () => {
      sent++;
      if (sent === deadly) void dying.kill();
    };
    const dying: QueueProcess = start('dying', { [when]: hook });
    const next = start('next', {}, await anew());
    const arm = () => {
      sent = 0;
      deadly = between(seed, 'deadly', 1, 3);
    };
    const where = `a process died in the midst of a ${what}`;
    let lastAttempt = 0;
    if (what === 'enqueue') arm();
    const queued = dying.queue.enqueue(job);
    if (what === 'enqueue') await clock.advance(50);
    else {
      await queued;
      if (what === 'claim') arm();
      const claiming = dying.queue.claim('w-1');
      lastAttempt = 1;
      if (what === 'claim') await clock.advance(50);
      else {
        const claim = held(await claiming, job, 1);
        arm();
        void write(dying, what as 'complete' | 'fail', claim, { by: 'the dying' });
        await clock.advance(50);
      }
    }
    await dying.kill();
    await clock.advance(policy.leaseMs + SLACK);
    await next.queue.enqueue(job);
    const status = await look(job.id);
    if (what === 'complete' && status?.phase === 'done') {
      sameStatus(status, { phase: 'done', attempts: 1, result: { by: 'the dying' } }, job.id);
      await nothing(next.queue.claim('w-2'), `${job.id} was done`);
      return;
    }
    const claim = await next.queue.claim('w-2');
    must(claim !== undefined, `${where}; ${job.id} was ${status?.phase}, and nobody could take it, a lease later`);
    must(
      claim.attempt <= lastAttempt + 1 && claim.attempt >= (what === 'claim' ? 1 : lastAttempt + 1),
      `${where}; ${job.id} is in its ${claim.attempt}. try`,
    );
    held(claim, job, claim.attempt);
    must(
      (await next.queue.complete(claim, 'done')) === true,
      `${where}, and the next worker of ${job.id} was told it was late`,
    );
    sameStatus(await look(job.id), { phase: 'done', attempts: claim.attempt, result: 'done' }, job.id);
  },
);

tradeOff('a thousand status pages a second cost a few reads, and no page is older than it may be', async (run) => {
  const { seed, clock } = run;
  const staleMs = between(seed, 'stale', 200, 1_000);
  const { world, start, jobs } = scene(run, { staleMs });
  const [job, other] = jobs as [NewJob, NewJob];
  let down: Error | undefined;
  const failing = (): void => {
    if (down) throw down;
  };
  const [pages, worker] = [start('pages', { before: failing }), start('worker')];
  for (const one of [job, other]) await worker.queue.enqueue(one);
  const reads = () => world.db.statements.filter(({ connection }) => connection === 'pages').length;
  const ask = async (polls: number, over: number, id = job.id) => {
    const told: { at: number; status: QueuedJob | undefined }[] = [];
    for (let n = 0; n < polls / 10; n++) {
      const statuses = await Promise.all(Array.from({ length: 10 }, () => pages.queue.status(id)));
      told.push(...statuses.map((status) => ({ at: clock.now(), status })));
      await clock.advance((over * 10) / polls);
    }
    return told;
  };
  const window = Math.round((staleMs * between(seed, 'window', 220, 280)) / 100);
  const polls = 20 * Math.round(window / 20);
  const before = await ask(polls, window);
  const unknown = before.filter(({ status }) => status?.phase !== 'queued').length;
  must(
    unknown === 0,
    () => `${job.id} was queued; ${unknown} of ${polls} status pages said ${json(before[0]?.status ?? 'unknown')}`,
  );
  const cost = reads();
  must(
    cost <= window / staleMs + 2,
    `${polls} status pages within ${window} ms cost ${cost} statements; a status may be ${staleMs} ms old`,
  );

  const claim = held(await worker.queue.claim('w-1'), job, 1);
  must((await worker.queue.complete(claim, ['sent'])) === true, `the worker of ${job.id} was told that it was late`);
  const done = clock.now();
  const after = await ask(polls, window);
  const late = after.filter(({ at, status }) => at > done + staleMs + SLACK && status?.phase !== 'done');
  must(
    late.length === 0,
    () =>
      `a status may be ${staleMs} ms old; ${ms((late.at(-1)?.at ?? 0) - done)} after ${job.id} was done a page said ${late.at(-1)?.status?.phase}`,
  );

  await clock.advance(staleMs + 1);
  down = Object.assign(new Error('the database is away'), { code: 'ECONNREFUSED' });
  const failed = await pages.queue.status(job.id).then(
    (status) => json(status),
    () => 'failed',
  );
  must(failed === 'failed', `the database was away and the last read was too old; a status page said ${failed}`);
  down = undefined;
  const [mine, next] = [await pages.queue.status(job.id), await pages.queue.status(other.id)];
  sameStatus(mine, { phase: 'done', attempts: 1, result: ['sent'] }, `${job.id}, when the database was back,`);
  sameStatus(next, { phase: 'queued', attempts: 0 }, other.id);
});

function scene({ seed, clock }: Run, over: Partial<JobQueuePolicy> = {}) {
  const policy: JobQueuePolicy = {
    leaseMs: between(seed, 'lease', 5, 60) * 1_000,
    maxAttempts: between(seed, 'attempts', 2, 4),
    staleMs: 0,
    ...over,
  };
  const world = new QueueWorld(schema, policy);
  const start = (name = 'first', hooks: Hooks = {}, factory = createJobQueue) => world.process(name, factory, hooks);
  /** A job as somebody sees it who has just begun to look. */
  const look = async (id: string) => {
    await clock.advance(1);
    return world.status(id, createJobQueue);
  };
  const jobs = shuffled(seed, 'ids', ['a', 'b', 'c', 'd', 'e']).map(
    (letter, n): NewJob => ({
      id: `j-${letter}${between(seed, letter, 10, 99)}`,
      tenant: pick(seed, `tenant ${letter}`, ['acme', 'globex', "o'hara"]),
      payload: anyJson(seed, n),
    }),
  );
  return { world, policy, start, look, jobs };
}

/** Each kind of JSON, one after the other. */
function anyJson(seed: number, n: number): unknown {
  const kinds = [
    { text: 'Where is order "4711"?', notes: [], more: { count: between(seed, `n ${n}`, 0, 99), last: null } },
    ['first', { second: 2 }, null],
    'a text with \'quotes\', "double" ones and {braces}',
    null,
    between(seed, `number ${n}`, -5, 5) / 4,
    false,
    [],
  ];
  return kinds[(seed + n) % kinds.length];
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Lets each statement wait for a moment that depends on the seed, so that those of two processes interleave. */
function jitter(seed: number, name: string): Hooks {
  return { before: ({ n }) => pause(between(seed, `${name} ${n}`, 0, 15)) };
}

/** Lets time pass until it has come to something. */
async function soon<T>({ clock }: Run, call: Promise<T>, what: string, within = 2_000): Promise<T> {
  let end: { value: T } | { error: unknown } | undefined;
  call.then(
    (value) => {
      end = { value };
    },
    (error: unknown) => {
      end = { error };
    },
  );
  for (let passed = 0; !end && passed <= within; passed += 20) await clock.advance(20);
  must(end !== undefined, `${what}; ${within} ms later who asked still waited`);
  if ('error' in end) {
    const { message } = end.error as Error;
    must(false, `${what}, and who asked was told: ${message}`);
  }
  return end.value;
}

const write = ({ queue }: QueueProcess, way: 'complete' | 'fail' | 'heartbeat', claim: Claim, with_: unknown) =>
  way === 'complete'
    ? queue.complete(claim, with_)
    : way === 'fail'
      ? queue.fail(claim, 'late')
      : queue.heartbeat(claim);

const json = (value: unknown) => JSON.stringify(value) ?? 'nothing';
const names = (all: readonly string[]) => all.join(', ') || 'none';
const ms = (value: number) => `${Math.round(value)} ms`;

/** The claim is of this job, as it was queued, in this try. */
function held(claim: Claim | undefined, job: NewJob, attempt: number): Claim {
  must(claim !== undefined, `${job.id} waited, and a worker that asked got nothing`);
  must(claim.id === job.id, `${job.id} was next, and a worker that asked got ${claim.id}`);
  const { tenant, payload } = claim;
  must(
    isDeepStrictEqual({ tenant, payload }, { tenant: job.tenant, payload: job.payload }),
    () => `${job.id} was queued with ${json([job.tenant, job.payload])}; its worker got ${json([tenant, payload])}`,
  );
  must(claim.attempt === attempt, `${job.id} is tried for the ${attempt}. time; its worker was told ${claim.attempt}`);
  return claim;
}

async function nothing(claim: Promise<Claim | undefined>, why: string): Promise<void> {
  const got = await claim;
  must(got === undefined, () => `${why}; a worker that asked got ${got?.id}, for the ${got?.attempt}. time`);
}

function sameStatus(status: QueuedJob | undefined, expected: QueuedJob, what: string): void {
  const { phase, attempts, result } = status ?? {};
  must(
    phase === expected.phase &&
      attempts === expected.attempts &&
      isDeepStrictEqual(result ?? null, expected.result ?? null),
    () => `${what} should be ${json(expected)}; its status is ${json(status ?? 'unknown')}`,
  );
}
