import type { CreateRecords, EntityKind, Records, Versioned } from '#answerdesk/seams/records.ts';
import { createAll, done, mustBe, mustHold, mustRefuse, show } from '#answerdesk/simulation/record-checks.ts';
import { changes, type Family, family, KINDS, needed, sumOf } from '#answerdesk/simulation/record-families.ts';
import {
  explore,
  isRefusal,
  type Outcome,
  outcome,
  together,
  type Writer,
  writerOn,
} from '#answerdesk/simulation/writers.ts';
import { readRecording } from '#kit/events.ts';
import { between, pick, shuffled } from '#kit/seeded.ts';
import { type Database, openDatabase } from '#kit/sql/database.ts';
import { behaviour, inAnotherProcess, incident, must, tradeOff } from '#kit/suite.ts';
import { listOf, playRecordsNight, recordedRecordsNight, recordsNight } from '../incident/entity-decomposition.ts';
import { BEGINS, RECORDED_SEED } from '../incident/script.ts';
import * as kata from './kata.ts';

const createRecords: CreateRecords = kata.createRecords;
const database = () => openDatabase({ schema: kata.schema });
const writer = (db: Database, name = 'writer') => writerOn(db, name, createRecords);
incident(
  'what five writers were told is written is there in the morning',
  {
    recorded: () => recordedRecordsNight(readRecording(new URL('./incident.jsonl', import.meta.url), BEGINS)),
    fresh: (seed) => recordsNight(seed, seed === RECORDED_SEED ? 8 : 2),
    recordedSeed: RECORDED_SEED,
  },
  async (night, run) => {
    const { acknowledged, refused, undone } = await playRecordsNight(night, createRecords, database(), run);
    const told = ({ kind, id, patch }: (typeof undone)[number]) =>
      patch ? `${Object.keys(patch)} of ${kind} ${id}` : `${kind} ${id}`;
    must(
      undone.length === 0,
      () =>
        `${undone.length} of ${acknowledged.length} writes had been acknowledged and were gone in the morning (first: ${told(undone[0] as (typeof undone)[number])})`,
      undone[0]?.event,
    );
    const [first] = refused;
    must(
      !first,
      () =>
        `${refused.length} writes were never done (first: ${told(first?.write as (typeof undone)[number])}: ${first?.error.code ?? ''} ${first?.error.message})`,
      first?.write.event,
    );
  },
  { startAt: BEGINS },
);

behaviour('entities', 'each of the five is made, read, changed and removed on its own', async ({ seed }) => {
  const { records } = writer(database());
  const one = family(seed, 'one');
  const patches = changes(seed, 'one');
  await createAll(records, one);
  for (const kind of KINDS) {
    const again = { ...one[kind], ...patches[kind] };
    await mustRefuse(records.create(kind, structuredClone(again)), 'ALREADY_EXISTS', `a second ${kind} of one id`);
  }
  for (const kind of shuffled(seed, 'kinds', KINDS)) {
    const changed = { ...one[kind], ...patches[kind], version: 2 };
    const given = await done(
      `a change of ${kind}`,
      records.change(kind, one[kind].id, 1, structuredClone(patches[kind])),
    );
    mustBe(given, changed, `the ${kind} that was changed`);
    mustBe(await records.get(kind, one[kind].id), changed, `a ${kind} after its change`);
    mustBe(await records.get(kind, 'nobody'), undefined, `a ${kind} that never was`);
    await mustRefuse(records.change(kind, 'nobody', 1, {}), 'NOT_FOUND', `a change of a ${kind} that never was`);
    await mustRefuse(records.remove(kind, 'nobody', 1), 'NOT_FOUND', `the removal of a ${kind} that never was`);
    mustBe(await records.get(kind, one[kind].id), changed, `after refusals a ${kind}`);
  }
});

behaviour('identity', 'an id belongs to one kind, and says nothing in another', async ({ seed }) => {
  const { records } = writer(database());
  const one = family(seed, 'one', () => 'q');
  await createAll(records, one);
  for (const kind of shuffled(seed, 'kinds', KINDS)) {
    const patch = changes(seed, 'one')[kind];
    Object.assign(one[kind], patch, { version: 2 });
    await done(`a change of ${kind} q`, records.change(kind, 'q', 1, structuredClone(patch)));
  }
  await mustHold(records, one, 'where all have one id,');
  await done('the removal of a job', records.remove('job', 'q', 2));
  const { job: _, ...left } = one;
  await mustHold(records, left, 'after the removal of the job of the same id');
});

behaviour('versions', 'a change made on an old version is refused, with both versions', async ({ seed }) => {
  const { records } = writer(database());
  const one = family(seed, 'one');
  await createAll(records, one);
  const count = between(seed, 'changes', 1, 3);
  for (const kind of shuffled(seed, 'kinds', KINDS).slice(0, 2)) {
    for (let n = 1; n <= count; n++) {
      const patch = changes(seed, `${n}`)[kind];
      const { version } = await done(
        `a change of ${kind}`,
        records.change(kind, one[kind].id, n, structuredClone(patch)),
      );
      must(version === n + 1, `a ${kind} was changed ${n} times and is at version ${version}`);
      Object.assign(one[kind], patch, { version });
    }
    for (const expected of [count, count + 2]) {
      const stale = changes(seed, 'stale')[kind];
      for (const what of ['change', 'removal'] as const) {
        const work =
          what === 'change'
            ? records.change(kind, one[kind].id, expected, stale)
            : records.remove(kind, one[kind].id, expected);
        const result = await outcome<unknown>(work);
        must(
          'error' in result,
          () => `a ${what} made on version ${expected} of a ${kind} at version ${count + 1} was done`,
        );
        const { code, expected: made, actual } = result.error;
        must(
          code === 'VERSION_CONFLICT' && made === expected && actual === count + 1,
          () =>
            `a ${what} made on version ${expected} of a ${kind} at version ${count + 1} was refused with ${code}, expected ${made}, actual ${actual} (${result.error.message})`,
        );
      }
    }
  }
  await mustHold(records, one, 'after refusals');
});

behaviour(
  'one-wins',
  'of all who change one version of one entity, one does, and the others are told',
  async ({ seed, clock }) => {
    const db = database();
    const { records } = writer(db);
    const kind = pick(seed, 'kind', KINDS);
    const mustBeOne = async (id: string, outcomes: Outcome<Versioned<{ id: string }>>[], how: string) => {
      const won = outcomes.filter((each) => 'value' in each);
      must(
        won.length === 1,
        () => `${won.length} of ${outcomes.length} changes of version 1 of a ${kind} were done, ${how}`,
      );
      const lost = outcomes.find((each) => 'error' in each && !isRefusal(each, 'VERSION_CONFLICT'));
      must(
        !lost,
        () => `a change that came second, ${how}, was refused with ${show((lost as { error: object }).error)}`,
      );
      mustBe(await records.get(kind, id), (won[0] as { value: object }).value, `the ${kind} that somebody changed`);
    };
    await explore(clock, [writer(db, 'one'), writer(db, 'other')], async (halt, [one, other]) => {
      const made = family(seed, `halt ${halt}`);
      await createAll(records, made, needed(kind));
      const { id } = made[kind];
      const change = (by: Writer, name: string) => () => by.records.change(kind, id, 1, changes(seed, name)[kind]);
      return {
        first: change(one, 'first'),
        second: change(other, 'second'),
        judge: (outcomes) => mustBeOne(id, outcomes, 'one between two statements of the other'),
      };
    });
    const made = family(seed, 'crowd');
    await createAll(records, made, needed(kind));
    const crowd = Array.from({ length: 4 }, (_, n) => writer(db, `crowd ${n}`));
    const outcomes = await together(
      clock,
      crowd.map((each, n) => () => each.records.change(kind, made[kind].id, 1, changes(seed, `crowd ${n}`)[kind])),
    );
    await mustBeOne(made[kind].id, outcomes, 'all at once');
  },
);

behaviour(
  'apart',
  "who changes one entity undoes nothing of another, and is in nobody's way",
  async ({ seed, clock }) => {
    const db = database();
    const { records } = writer(db);
    const pair = shuffled(seed, 'pair', KINDS).slice(0, 2) as [EntityKind, EntityKind];
    await explore(clock, [writer(db, 'one'), writer(db, 'other')], async (halt, writers) => {
      const made = family(seed, `halt ${halt}`);
      await createAll(records, made);
      const patches = changes(seed, `halt ${halt}`);
      const [first, second] = pair.map(
        (kind, n) => () => (writers[n] as Writer).records.change(kind, made[kind].id, 1, patches[kind]),
      );
      return {
        first: first as () => Promise<unknown>,
        second: second as () => Promise<unknown>,
        judge: async (outcomes) => {
          for (const [n, kind] of pair.entries()) {
            const result = outcomes[n];
            must(
              result !== undefined && 'value' in result,
              () => `a ${pair[1 - n]} was changed meanwhile, and a change of the ${kind} was refused: ${show(result)}`,
            );
            Object.assign(made[kind], patches[kind], { version: 2 });
          }
          for (const kind of KINDS) Object.assign(made[kind], { version: pair.includes(kind) ? 2 : 1 });
          await mustHold(
            records,
            made,
            `after a ${pair[1]} was changed between two statements of a change of a ${pair[0]},`,
          );
        },
      };
    });

    const made = family(seed, 'crowd');
    await createAll(records, made);
    const patches = changes(seed, 'crowd');
    const more = family(seed, 'more');
    const [question, answer] = [{ questionId: made.question.id }, { answerId: made.answer.id }];
    const news = {
      job: { ...more.job, ...question },
      answer: { ...more.answer, ...question },
      delivery: { ...more.delivery, ...answer },
      feedback: { ...more.feedback, ...answer },
    };
    const kinds = ['job', 'answer', 'delivery', 'feedback'] as const;
    const work = [
      ...KINDS.filter((kind) => kind !== 'delivery').map((kind) => ({
        what: `a change of a ${kind}`,
        do: (by: Records): Promise<unknown> => by.change(kind, made[kind].id, 1, patches[kind]),
      })),
      ...kinds.map((kind) => ({
        what: `a new ${kind}`,
        do: (by: Records): Promise<unknown> => by.create(kind, structuredClone(news[kind])),
      })),
    ];
    const outcomes = await together(
      clock,
      work.map((each, n) => () => each.do(writer(db, `crowd ${n}`).records)),
    );
    outcomes.forEach((result, n) => {
      must(
        'value' in result,
        () => `${work[n]?.what} was refused while others changed other things of the question: ${show(result)}`,
      );
    });
    const expected = Object.fromEntries(
      KINDS.map((kind) => [kind, { ...made[kind], ...(kind !== 'delivery' && { ...patches[kind], version: 2 }) }]),
    );
    await mustHold(records, expected, 'after eight writers at once');
    await mustHold(
      records,
      Object.fromEntries(kinds.map((kind) => [kind, { ...news[kind], version: 1 }])),
      'after eight writers at once',
    );
  },
);

behaviour('no-queue', 'a writer that is slow keeps no writer of another entity waiting', async ({ seed, clock }) => {
  const db = database();
  const { records } = writer(db);
  const made = family(seed, 'one');
  await createAll(records, made);
  const others: Record<string, readonly EntityKind[]> = {
    job: ['answer', 'delivery', 'feedback'],
    question: ['delivery', 'feedback'],
    feedback: ['question', 'job'],
  };
  const slow = pick(seed, 'slow', Object.keys(others) as [EntityKind, ...EntityKind[]]);
  const halting = writer(db, 'slow');
  const commit = halting.haltAtCommit();
  const change = outcome(halting.records.change(slow, made[slow].id, 1, changes(seed, 'slow')[slow]));
  await clock.settle();
  for (const kind of others[slow] ?? []) {
    let ended = false;
    const work = outcome(writer(db, kind).records.change(kind, made[kind].id, 1, changes(seed, 'quick')[kind])).finally(
      () => {
        ended = true;
      },
    );
    await clock.settle();
    must(ended, () => `a change of a ${slow} was slow, and a change of a ${kind} waited for it`);
    const result = await work;
    must(
      'value' in result,
      () => `a change of a ${slow} was slow, and a change of a ${kind} was refused: ${show(result)}`,
    );
  }
  commit.release();
  must('value' in (await change), () => `a change of a ${slow} that was slow was refused`);
});

behaviour('lifecycle', 'what is removed takes nothing with it, and what is needed stays', async ({ seed }) => {
  const { records } = writer(database());
  const made = family(seed, 'one');
  await createAll(records, made);
  const expected: { [K in EntityKind]?: object } = Object.fromEntries(
    KINDS.map((kind) => [kind, { ...made[kind], version: 1 }]),
  );
  await mustRefuse(
    records.remove('question', made.question.id, 1),
    'RULE_BROKEN',
    'the removal of a question that has an answer',
  );
  await mustRefuse(
    records.remove('answer', made.answer.id, 1),
    'RULE_BROKEN',
    'the removal of an answer that has a delivery',
  );
  await mustHold(records, expected, 'after refused removals');
  const order = pick<EntityKind[]>(seed, 'order', [
    ['job', 'delivery', 'feedback'],
    ['delivery', 'feedback', 'job'],
    ['feedback', 'delivery', 'job'],
    ['delivery', 'job', 'feedback'],
  ]);
  for (const kind of [...order, 'answer', 'question'] as const) {
    await done(`the removal of a ${kind}`, records.remove(kind, made[kind].id, 1));
    delete expected[kind];
    mustBe(await records.get(kind, made[kind].id), undefined, `a ${kind} that was removed`);
    await mustHold(records, expected, `after the removal of a ${kind}`);
    if (kind === 'delivery' && expected.feedback) {
      await mustRefuse(
        records.remove('answer', made.answer.id, 1),
        'RULE_BROKEN',
        'the removal of an answer that has a feedback',
      );
    }
  }
  mustBe(await records.view(made.question.id), undefined, 'the page of a question that was removed');
  const rule = (kind: EntityKind, id: string, what: string) =>
    mustRefuse(records.remove(kind, id, 1), 'RULE_BROKEN', `the removal of ${what}`);
  const [busy, said] = [family(seed, 'busy'), family(seed, 'said')];
  await createAll(records, busy, ['question', 'job']);
  await rule('question', busy.question.id, 'a question that has a job');
  await createAll(records, said, ['question', 'answer']);
  await rule('question', said.question.id, 'a question that has an answer');
  await createAll(records, said, ['delivery']);
  await rule('answer', said.answer.id, 'an answer that has a delivery');
  await createAll(records, made);
});

behaviour('rules', 'what holds between two entities holds whichever of them is made or changed', async ({ seed }) => {
  const { records } = writer(database());
  const made = family(seed, 'one');
  const { question, job, answer, delivery, feedback } = made;
  const rule = (work: Promise<unknown>, what: string) => mustRefuse(work, 'RULE_BROKEN', what);
  await rule(records.create('job', { ...job }), 'a job of no question');
  await rule(records.create('answer', structuredClone(answer)), 'an answer to no question');
  await createAll(records, made, ['question', 'job', 'answer']);
  await rule(records.create('delivery', { ...delivery, answerId: 'nobody' }), 'a delivery of no answer');
  await rule(records.create('delivery', { ...delivery, answerId: question.id }), 'a delivery of a question');
  await rule(records.create('feedback', { ...feedback, answerId: 'nobody' }), 'a feedback on no answer');
  await rule(records.create('feedback', { ...feedback }), 'a feedback on an answer that was never delivered');

  await createAll(records, { ...made, delivery: { ...delivery, state: 'pending' } }, ['delivery']);
  await rule(records.create('feedback', { ...feedback }), 'a feedback on an answer whose delivery is pending');
  await rule(
    records.change('answer', answer.id, 1, { withdrawn: true }),
    'the withdrawal of an answer whose delivery is pending',
  );
  await done(
    'a change of an answer that is being delivered',
    records.change('answer', answer.id, 1, { text: 'corrected', withdrawn: false }),
  );
  await done('a delivery that failed', records.change('delivery', delivery.id, 1, { state: 'failed' }));
  await rule(records.create('feedback', { ...feedback }), 'a feedback on an answer whose delivery failed');
  await done('the withdrawal of an answer', records.change('answer', answer.id, 2, { withdrawn: true }));
  await rule(
    records.create('delivery', { ...delivery, id: 'again', state: 'pending' }),
    'a delivery of an answer that is withdrawn',
  );
  await rule(
    records.create('delivery', { ...delivery, id: 'again', state: 'failed' }),
    'a delivery that had failed, of an answer that is withdrawn',
  );
  await rule(
    records.change('delivery', delivery.id, 2, { state: 'pending' }),
    'a second try to deliver an answer that is withdrawn',
  );
  await rule(
    records.change('delivery', delivery.id, 2, { state: 'sent' }),
    'a delivery, sent, of an answer that is withdrawn',
  );
  await done('a change of channel', records.change('delivery', delivery.id, 2, { channel: 'web' }));
  const withdrawn = { ...answer, text: 'corrected', withdrawn: true, version: 3 };
  const failed = { ...delivery, state: 'failed', channel: 'web', version: 3 };
  await mustHold(
    records,
    { question: { ...question, version: 1 }, job: { ...job, version: 1 }, answer: withdrawn, delivery: failed },
    'after refusals',
  );
  mustBe(await records.get('delivery', 'again'), undefined, 'a delivery that was refused');

  await done('an answer that is back', records.change('answer', answer.id, 3, { withdrawn: false }));
  await done('a second try', records.change('delivery', delivery.id, 3, { state: 'sent' }));
  await createAll(records, made, ['feedback']);
  await done('the withdrawal of an answer that was sent', records.change('answer', answer.id, 4, { withdrawn: true }));
  await done('a change of a feedback', records.change('feedback', feedback.id, 1, { comment: 'too late' }));
  await done('a change of channel', records.change('delivery', delivery.id, 4, { channel: 'chat' }));
  await done('a delivery that came back', records.change('delivery', delivery.id, 5, { state: 'failed' }));
  await done(
    'a change of an answer that is withdrawn',
    records.change('answer', answer.id, 5, { text: 'We were wrong.' }),
  );
});

type Deed = (at: Records, made: Family) => Promise<unknown>;
interface Race {
  what: string;
  given: readonly EntityKind[];
  forbids: Deed;
  needs: Deed;
}
const withdrawal: Deed = (at, { answer }) => at.change('answer', answer.id, 1, { withdrawn: true });
const deliver: Deed = (at, { delivery }) => at.create('delivery', { ...delivery, state: 'pending' });
const WITHDRAWALS: [Race, Race] = [
  { what: 'a delivery was made', given: ['question', 'answer'], forbids: withdrawal, needs: deliver },
  {
    what: 'a delivery was tried again',
    given: ['question', 'answer', 'delivery'],
    forbids: withdrawal,
    needs: (at, { delivery }) => at.change('delivery', delivery.id, 1, { state: 'pending' }),
  },
];
const REMOVALS: [Race, Race] = [
  {
    what: 'a delivery was made',
    given: ['question', 'answer'],
    forbids: (at, { answer }) => at.remove('answer', answer.id, 1),
    needs: deliver,
  },
  {
    what: 'an answer was made',
    given: ['question'],
    forbids: (at, { question }) => at.remove('question', question.id, 1),
    needs: (at, { answer }) => at.create('answer', structuredClone(answer)),
  },
];

behaviour('rules-meet', 'they hold when both are changed at once', async ({ seed, clock }) => {
  const db = database();
  const { records } = writer(db);
  const judge = async (what: string, made: Family, outcomes: Outcome<unknown>[]) => {
    const meanwhile = `${what} while somebody did what forbids it`;
    for (const result of outcomes) {
      const fair = 'value' in result || isRefusal(result, 'RULE_BROKEN') || isRefusal(result, 'NOT_FOUND');
      must(fair, () => `${meanwhile}, and one was refused with ${show(result)}`);
    }
    const kinds = ['question', 'answer', 'delivery'] as const;
    const [question, answer, delivery] = await Promise.all(kinds.map((kind) => records.get(kind, made[kind].id)));
    must(!(answer && !question), () => `${meanwhile}: the answer is there, and its question was removed`);
    must(!(delivery && !answer), () => `${meanwhile}: the delivery is there, and its answer was removed`);
    const state = (delivery as Family['delivery'] | undefined)?.state;
    const withdrawn = (answer as Family['answer'] | undefined)?.withdrawn;
    must(state !== 'pending' || !withdrawn, () => `${meanwhile}: it is pending, and its answer is withdrawn`);
    const one = outcomes.some((result) => 'value' in result);
    must(one, () => `${meanwhile}, and both were refused: ${show(outcomes)}`);
  };
  const meet = (name: string, { what, given }: Race, deeds: readonly [Deed, Deed]) =>
    explore(clock, [writer(db, 'one'), writer(db, 'other')], async (halt, [one, other]) => {
      const made = family(seed, `${name} ${halt}`);
      await createAll(records, { ...made, delivery: { ...made.delivery, state: 'failed' } }, given);
      return {
        first: () => deeds[0](one.records, made),
        second: () => deeds[1](other.records, made),
        judge: (outcomes) => judge(what, made, outcomes),
      };
    });
  const withdrawn = pick(seed, 'withdrawn', WITHDRAWALS);
  await meet('withdrawn later', withdrawn, [withdrawn.needs, withdrawn.forbids]);
  await meet('withdrawn first', withdrawn, [withdrawn.forbids, withdrawn.needs]);
  const removed = pick(seed, 'removed', REMOVALS);
  const [first, second] = shuffled(seed, 'order', [removed.needs, removed.forbids]) as [Deed, Deed];
  await meet('removed', removed, [first, second]);
});

behaviour('page', 'a page shows all that belongs to its question, once, in the order of creation', async ({ seed }) => {
  const db = database();
  const { records } = writer(db);
  const lookedAt = writer(db, 'reader');
  const cost = async (id: string) => {
    const before = db.statements.length;
    const page = await lookedAt.records.view(id);
    return { page, statements: db.statements.length - before };
  };
  const counts = {
    job: between(seed, 'jobs', 2, 4),
    answer: between(seed, 'answers', 2, 3),
    delivery: between(seed, 'deliveries', 2, 3),
    feedback: 2,
  };
  const big = family(seed, 'big');
  const small = family(seed, 'small');
  await createAll(records, small);
  await createAll(records, big, ['question']);
  const made: Record<string, object[]> = { job: [], answer: [], delivery: [], feedback: [] };
  const name = (kind: string, n: number) => `${pick(seed, `${kind} ${n}`, ['a', 'm', 'z'])}${n}`;
  const add = async (kind: 'job' | 'answer' | 'delivery' | 'feedback', of: object, n: number) => {
    const entity = { ...family(seed, name(kind, n))[kind], ...of };
    await done(`a ${kind}`, records.create(kind, structuredClone(entity) as never));
    made[kind]?.push({ ...entity, version: 1 });
    return entity;
  };
  const questionId = big.question.id;
  let n = 0;
  for (let each = 0; each < counts.job; each++) await add('job', { questionId }, n++);
  const answers: { id: string }[] = [];
  for (let each = 0; each < counts.answer; each++) answers.push(await add('answer', { questionId }, n++));
  const quiet = pick(seed, 'quiet', answers as [{ id: string }, ...{ id: string }[]]).id;
  for (const kind of ['delivery', 'feedback'] as const) {
    for (let each = 0; each < counts[kind]; each++) {
      const some = shuffled(seed, `${kind} ${each}`, answers).filter(({ id }) => kind === 'delivery' || id !== quiet);
      for (const { id } of some) await add(kind, { answerId: id }, n++);
    }
  }
  for (const kind of ['job', 'answer', 'delivery', 'feedback'] as const) {
    const entity = made[kind]?.[0] as { id: string; version: number };
    const patch = changes(seed, 'page')[kind];
    await done(`a change of a ${kind}`, records.change(kind, entity.id, 1, structuredClone(patch)));
    Object.assign(entity, patch, { version: 2 });
  }
  const { page, statements } = await cost(questionId);
  must(page !== undefined, 'the page of a question is not there');
  mustBe(page.question, { ...big.question, version: 1 }, 'on its page the question');
  for (const [kind, expected] of Object.entries(made) as [EntityKind, { id: string }[]][]) {
    const ids = (list: readonly { id: string }[]) => list.map(({ id }) => id).join(', ');
    const shown = listOf(page, kind) ?? [];
    must(
      ids(shown) === ids(expected),
      () => `a question has of ${kind}, in the order of creation, ${ids(expected)}; its page shows ${ids(shown)}`,
    );
    expected.forEach((entity, each) => {
      mustBe(shown[each], entity, `on its question's page ${kind} ${entity.id}`);
    });
  }
  const other = await cost(small.question.id);
  must(
    other.statements >= statements,
    () =>
      `the page of a question with ${n} entities took ${statements} statements, that of one with 4 took ${other.statements}`,
  );
  const lonely = family(seed, 'lonely');
  await createAll(records, lonely, ['question']);
  const { page: empty } = await cost(lonely.question.id);
  for (const kind of KINDS.slice(1)) {
    const list = empty && listOf(empty, kind);
    must(list?.length === 0, () => `a question has nothing of ${kind}; its page shows ${show(list)}`);
  }
  mustBe(await records.view('nobody'), undefined, 'the page of a question that never was');
});

behaviour(
  'one-moment',
  'a page shows how things were at one moment, whatever happens while it is read',
  async ({ seed, clock }) => {
    const db = database();
    const { records } = writer(db);
    await explore(clock, [writer(db, 'reader'), writer(db, 'other')], async (halt, [reader, other]) => {
      const made = family(seed, `halt ${halt}`);
      const more = family(seed, `more ${halt}`);
      await createAll(records, made);
      const lines = [...made.answer.lines, { item: 'fee', micros: between(seed, 'fee', 1, 900) }];
      return {
        first: () => reader.records.view(made.question.id),
        second: async () => {
          await other.records.change('question', made.question.id, 1, { status: 'closed' });
          await other.records.create('job', { ...more.job, questionId: made.question.id });
          await other.records.change('answer', made.answer.id, 1, { lines, total: sumOf(lines) });
          await other.records.create('delivery', { ...more.delivery, answerId: made.answer.id });
          await other.records.change('feedback', made.feedback.id, 1, { comment: 'now' });
        },
        judge: async ([read]) => {
          must(
            read !== undefined && 'value' in read,
            () => `a page that was read while others wrote failed: ${show(read)}`,
          );
          const page = read.value as Awaited<ReturnType<Records['view']>>;
          const answer = page?.answers[0];
          must(
            answer !== undefined && answer.total === sumOf(answer.lines),
            () => `a page shows a total of ${answer?.total} over lines of ${sumOf(answer?.lines ?? [])}`,
          );
          const seen = [
            page?.question.version === 2,
            page?.jobs.length === 2,
            answer.version === 2,
            page?.deliveries.length === 2,
            page?.feedback[0]?.version === 2,
          ];
          const until = seen.lastIndexOf(true);
          must(
            seen.slice(0, until + 1).every(Boolean),
            () =>
              `a page shows the ${KINDS[until]} as it was after the ${KINDS[seen.indexOf(false)]} had been changed, and the ${KINDS[seen.indexOf(false)]} as it was before`,
          );
        },
      };
    });
  },
);

behaviour('processes', 'what one process wrote another reads, and one that begins anew', async ({ seed }) => {
  const db = database();
  const made = family(seed, 'one');
  await createAll(writer(db, 'one').records, made);
  const again = await inAnotherProcess(() => import('./kata.ts'));
  const { records } = writerOn(db, 'another', again.createRecords);
  await mustHold(records, made, 'in another process');
  await done('a change by another process', records.change('job', made.job.id, 1, { attempts: 9 }));
  const page = await writer(db, 'third').records.view(made.question.id);
  must(
    page?.jobs[0]?.attempts === 9,
    () => `a job has 9 attempts, as another process wrote; its page shows ${page?.jobs[0]?.attempts}`,
  );
});

tradeOff("an answer's lines and its total are never apart", async ({ seed, clock }) => {
  const db = database();
  const { records } = writer(db);
  const mustSum = async (id: string, when: string, by = records) => {
    const answer = await by.get('answer', id);
    must(answer !== undefined, () => `${when} the answer is gone`);
    must(
      answer.total === sumOf(answer.lines),
      () => `${when} an answer's total is ${answer.total}, and its lines sum to ${sumOf(answer.lines)}`,
    );
    return answer;
  };
  const made = family(seed, 'one');
  await createAll(records, made, ['question']);
  const { answer } = made;
  const off = between(seed, 'off', 1, 900) * pick(seed, 'sign', [1, -1]);
  const rule = (work: Promise<unknown>, what: string) => mustRefuse(work, 'RULE_BROKEN', what);
  await rule(
    records.create('answer', structuredClone({ ...answer, total: answer.total + off })),
    `an answer whose total was ${off} off its lines`,
  );
  await createAll(records, made, ['answer']);
  await rule(
    records.change('answer', answer.id, 1, { total: answer.total + off }),
    `a total that was ${off} off its lines`,
  );
  const lines = shuffled(seed, 'lines', [...answer.lines, { item: 'fee', micros: between(seed, 'fee', 1, 900) }]);
  await rule(
    records.change('answer', answer.id, 1, { lines, total: answer.total }),
    'a line without its share of the total',
  );
  const alone = await outcome(records.change('answer', answer.id, 1, { lines: structuredClone(lines) }));
  must('value' in alone || isRefusal(alone, 'RULE_BROKEN'), () => `a change of the lines alone failed: ${show(alone)}`);
  const { version } = await mustSum(answer.id, 'after a change of the lines alone');
  must(
    version === ('value' in alone ? 2 : 1),
    () =>
      `a change of the lines alone was ${'value' in alone ? 'done' : 'refused'}, and the answer is at version ${version}`,
  );
  const changed = await done(
    'lines with their total',
    records.change('answer', answer.id, version, { lines, total: sumOf(lines) }),
  );
  mustBe(
    await records.get('answer', answer.id),
    { ...answer, lines, total: sumOf(lines), version: changed.version },
    'after a change of both the answer',
  );

  const total = sumOf(lines);
  const half = 'when its change was half-way';
  const change = (by: Writer, { answer: { id } }: Family) => by.records.change('answer', id, 1, { lines, total });
  const meeting = async (name: string) => {
    const made = family(seed, name);
    await createAll(records, made, ['question', 'answer']);
    return made;
  };
  const judge = async (outcomes: Outcome<unknown>[]) => {
    for (const result of outcomes) if ('error' in result) throw result.error;
  };
  await explore(clock, [writer(db, 'reader'), writer(db, 'other')], async (halt, [reader, other]) => {
    const made = await meeting(`read ${halt}`);
    return { first: () => mustSum(made.answer.id, half, reader.records), second: () => change(other, made), judge };
  });
  const statements = await explore(
    clock,
    [writer(db, 'other'), writer(db, 'reader')],
    async (halt, [other, reader]) => {
      const made = await meeting(`written ${halt}`);
      return { first: () => change(other, made), second: () => mustSum(made.answer.id, half, reader.records), judge };
    },
  );
  const killed = await meeting('killed');
  const doomed = writer(db, 'doomed');
  const halt = between(seed, 'kill', 1, statements);
  doomed.haltAt(halt);
  void outcome(change(doomed, killed));
  await clock.settle();
  await doomed.kill();
  const left = await mustSum(killed.answer.id, `after a process was killed before statement ${halt} of a change`);
  const whole = { ...killed.answer, ...(left.version > 1 && { lines, total }) };
  mustBe(left, whole, 'after a process was killed in a change the answer');
});
