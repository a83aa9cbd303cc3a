import { expect, test } from 'vitest';
import { genesis, verifyChain } from './chain.ts';
import { witnessesOf } from './cohort.ts';
import { green, LEARNER, red, replay, standingOf } from './fixtures.ts';
import { type CheckpointPlace, Journal } from './journal.ts';
import { cohortStream, learnerStream } from './learning-events.ts';
import { readCohort } from './learning-store.ts';
import { MemoryStore } from './memory-store.ts';

const learner = { id: LEARNER, name: 'Ada', cohort: 'spring' };
const start = genesis(learnerStream(LEARNER));

function place(): CheckpointPlace & { text: string | undefined } {
  return {
    text: undefined,
    read() {
      return this.text;
    },
    write(text) {
      this.text = text;
    },
  };
}

test('the first thing that is kept enrols the learner, and the history verifies', async () => {
  const store = new MemoryStore();
  const journal = await Journal.open(store, learner, place());
  expect(await journal.keep([red('10:01', '1.1')])).toBe(3);
  const history = await journal.history();
  expect(history.map(({ type }) => type)).toEqual(['LearnerEnrolled', 'AttemptStarted', 'SuiteGraded']);
  expect(verifyChain(history, start)).toEqual({ intact: true, head: journal.head });
});

test('of commands that are kept already nothing comes', async () => {
  const store = new MemoryStore();
  const commands = [red('10:01', '1.1'), green('10:05', '1.1')];
  await (await Journal.open(store, learner, place())).keep(commands);
  const again = await Journal.open(store, learner, place());
  expect(await again.keep(commands)).toBe(0);
});

test('two terminals at once: both are kept, in one chain', async () => {
  const store = new MemoryStore();
  const [one, other] = await Promise.all([1, 2].map(() => Journal.open(store, learner, place())));
  const minutes = Array.from({ length: 9 }, (_, n) => `10:1${n}`);
  await Promise.all(
    minutes.flatMap((clock) => [one?.keep([red(clock, '1.1', clock)]), other?.keep([red(clock, '1.2', clock)])]),
  );
  const history = await (await Journal.open(store, learner, place())).history();
  expect(one?.standing.events).toBe(one?.head.n);
  expect(verifyChain(history, start).intact).toBe(true);
  expect(history.filter(({ type }) => type === 'LearnerEnrolled')).toHaveLength(1);
  expect(history.filter(({ type }) => type === 'SuiteGraded')).toHaveLength(18);
});

test('it goes on from a checkpoint, and from the beginning where that is not of this stream', async () => {
  const store = new MemoryStore();
  const kept = place();
  await (await Journal.open(store, learner, kept)).keep([green('10:05', '1.1')]);
  await (await Journal.open(store, learner, place())).keep([red('10:06', '1.2')]);
  const expected = standingOf(await (await Journal.open(store, learner, place())).history());
  expect((await Journal.open(store, learner, kept)).standing).toEqual(expected);
  for (const text of ['{', JSON.stringify({ ...JSON.parse(kept.text ?? ''), head: { n: 2, hash: 'of another' } })]) {
    kept.text = text;
    expect((await Journal.open(store, learner, kept)).standing).toEqual(expected);
  }
});

test('the cohort is told of milestones once, also where a crash came between', async () => {
  const store = new MemoryStore();
  const kept = place();
  const journal = await Journal.open(store, learner, kept);
  await journal.keep([red('10:01', '1.1')]);
  store.beforeAppend = (stream) => {
    if (stream.startsWith('cohort')) throw new Error('the disk is full');
  };
  await expect(journal.keep([green('10:05', '1.1'), replay('10:06', 1, 'gate', 0)])).rejects.toThrow('full');
  store.beforeAppend = () => {};
  await Journal.open(store, learner, kept);
  await Journal.open(store, learner, place());
  const cohort = await readCohort(store, cohortStream('spring'));
  expect(cohort.map(({ type, data }) => [type, 'kata' in data ? data.kata : undefined])).toEqual([
    ['LearnerJoined', undefined],
    ['MilestoneReached', '1.1'],
    ['MilestoneReached', undefined],
  ]);
  const history = await journal.history();
  expect(verifyChain(history, start, witnessesOf(LEARNER, cohort)).intact).toBe(true);
  expect(verifyChain(history.slice(0, 4), start, witnessesOf(LEARNER, cohort))).toMatchObject({
    breach: { kind: 'cut', n: 5 },
  });
});
