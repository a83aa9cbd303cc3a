import { EVERYONE, type Passage } from '#answerdesk/knowledge.ts';
import type {
  CreateScopedSearch,
  Scope,
  ScopedHits,
  ScopedSearchSettings,
  SoftFilter,
} from '#answerdesk/seams/metadata-filter.ts';
import { readRecording } from '#kit/events.ts';
import { between, pick, roll, shuffled } from '#kit/seeded.ts';
import { behaviour, incident, must, tradeOff } from '#kit/suite.ts';
import { BEGINS, RECORDED_SEED } from '../incident/day.ts';
import {
  type Asked,
  anyAsked,
  anyFacts,
  anySettings,
  type Facts,
  maySee,
  passageOf,
  scopeOf,
  wanted,
  written,
} from '../incident/metadata-first-facts.ts';
import { day, playDay, recordedDay } from '../incident/metadata-first-retrieval.ts';
import * as kata from './kata.ts';

const createScopedSearch: CreateScopedSearch = kata.createScopedSearch;

const strict: ScopedSearchSettings = {
  whenMissing: { product: 'drop', version: 'drop', validity: 'drop' },
  relax: [],
};
const asked: Asked = { tenant: 'acme', roles: ['support'], asOf: 100 };
const good: Facts = {
  tenant: 'acme',
  readers: ['support'],
  product: 'desk',
  version: [4, 29, 1],
  from: 0,
  until: null,
};

/** What an answer asked of the retriever: which passages were scored. */
interface Call {
  k: number;
  scored: readonly string[];
}
/** An answer before a retriever for which the earlier of `passages` are always the better ones. */
function desk(passages: readonly Passage[], settings: ScopedSearchSettings = strict) {
  const calls: Call[] = [];
  const events: unknown[] = [];
  const find = createScopedSearch(
    {
      passages: structuredClone(passages),
      search: async (question, k, among) => {
        const scored = passages.map(({ id }) => id).filter((id) => !among || among.has(id));
        calls.push({ k, scored });
        await new Promise((resolve) => setTimeout(resolve, question.length));
        if (question === 'fail') throw new Error('the index is being moved');
        return question === '' ? [] : scored.slice(0, k).map((id, n) => ({ id, score: 1 / (n + 1) }));
      },
      emit: (event) => void events.push(structuredClone(event)),
    },
    structuredClone(settings),
  );
  return { find, calls, events };
}
type Clock = { advance(ms: number): Promise<void> };

type Outcome = { found: ScopedHits } | { error: Error & { code?: string } };

/** Asks, lets the retriever's time pass, and takes a copy of what came. */
async function ask(clock: Clock, by: ReturnType<typeof desk>, scope: Scope, k = 99, question = 'Why?') {
  let outcome: Outcome | undefined;
  const asking = async (): Promise<Outcome> => {
    try {
      return { found: structuredClone(await by.find(question, k, structuredClone(scope))) };
    } catch (error) {
      return { error: error as Error & { code?: string } };
    }
  };
  const asked = asking().then((came) => {
    outcome = came;
  });
  for (let n = 0; n < 100 && outcome === undefined; n++) await clock.advance(question.length + 1);
  await asked;
  return outcome as unknown as Outcome;
}
async function idsOf(clock: Clock, by: ReturnType<typeof desk>, scope: Scope, k = 99): Promise<string[]> {
  const outcome = await ask(clock, by, scope, k);
  must('found' in outcome, () => `a good question was refused: ${'error' in outcome && outcome.error?.message}`);
  return outcome.found.hits.map(({ id }) => id);
}
const listed = (ids: readonly string[]) => ids.join(', ') || 'none';

/** Of these passages exactly those must be found, each under the name that says what is the matter with it. */
async function mustFind(
  clock: Clock,
  seed: number,
  {
    facts,
    yes,
    over = {},
    settings = strict,
  }: { facts: Record<string, Facts>; yes: string[]; over?: Partial<Asked>; settings?: ScopedSearchSettings },
  what: string,
): Promise<void> {
  const passages = Object.entries(facts).map(([id, one]) => passageOf(seed, id, one));
  const ids = await idsOf(clock, desk(shuffled(seed, what, passages), settings), scopeOf(seed, { ...asked, ...over }));
  const more = ids.filter((id) => !yes.includes(id));
  must(more.length === 0, `${what}: found, and shouldn't be: ${listed(more)}`);
  const less = yes.filter((id) => !ids.includes(id));
  must(less.length === 0, `${what}: not found, and should be: ${listed(less)}`);
}

incident(
  'every question finds k passages of its tenant, its version and its day, where there are k',
  {
    recorded: () => recordedDay(readRecording(new URL('./incident.jsonl', import.meta.url), BEGINS)),
    fresh: day,
    recordedSeed: RECORDED_SEED,
  },
  async (scene, run) => {
    const given = await playDay(scene, run, createScopedSearch);
    const { k } = scene;
    const few = given.filter(({ hits, allowed }) => hits.length < Math.min(k, allowed.length));
    const none = few.filter(({ hits }) => hits.length === 0);
    must(
      few.length === 0,
      () =>
        `${few.length} of ${given.length} questions found fewer than ${k} passages, ${none.length} none at all; the first found ${few[0]?.hits.length} of ${few[0]?.allowed.length} that it might`,
      few[0]?.event,
    );
    for (const [what, of] of [
      ["another tenant's passage, or one for other readers", 'forbidden'],
      ['a passage of another version, or of another time', 'stale'],
    ] as const) {
      const wrong = given.filter((one) => one[of].length > 0);
      must(
        wrong.length === 0,
        () =>
          `${wrong.length} of ${given.length} questions were given ${what}: ${wrong[0]?.question.ask.id} ${wrong[0]?.[of][0]?.id}`,
        wrong[0]?.event,
      );
    }
    const other = given.find(({ hits, allowed }) => hits.some(({ id }, n) => id !== allowed[n]?.id));
    must(
      !other,
      () => `${other?.question.ask.id} was given other passages than the ${k} best of those that it may have`,
      other?.event,
    );
  },
  { startAt: BEGINS },
);

behaviour(
  'tenant',
  'a passage is for its tenant or for everyone, and where that is not known, for nobody',
  async ({ seed, clock }) => {
    const tenant = pick(seed, 'tenant', ['acme', 'north', 'vantelle']);
    const facts = {
      own: { ...good, tenant },
      "everyone's": { ...good, tenant: EVERYONE },
      [`${tenant}-eu's`]: { ...good, tenant: `${tenant}-eu` },
      [`${tenant.slice(0, -1)}'s`]: { ...good, tenant: tenant.slice(0, -1) },
      [`${tenant.toUpperCase()}'s`]: { ...good, tenant: tenant.toUpperCase() },
      'nobody knows whose': without('tenant'),
      'whose name is empty': { ...good, tenant: '' },
    };
    await mustFind(clock, seed, { facts, yes: ['own', "everyone's"], over: { tenant } }, `asked for ${tenant}`);
    const keep = { ...strict, whenMissing: { product: 'keep', version: 'keep', validity: 'keep' } } as const;
    await mustFind(
      clock,
      seed,
      { facts, yes: ['own', "everyone's"], over: { tenant }, settings: keep },
      `asked for ${tenant}, keeping what is missing`,
    );
  },
);
const without = (...fields: (keyof Facts)[]): Facts =>
  Object.fromEntries(Object.entries(good).filter(([field]) => !fields.includes(field as keyof Facts)));

behaviour(
  'readers',
  'a passage is read by its readers, and where they are not known, by nobody',
  async ({ seed, clock }) => {
    const role = pick(seed, 'role', ['support', 'billing', 'on-call']);
    const facts = {
      'for the role': { ...good, readers: [role] },
      'for the role and others': { ...good, readers: ['admin', role] },
      'for everyone': { ...good, readers: [EVERYONE] },
      'for others': { ...good, readers: ['admin', 'legal'] },
      'for a like-named role': { ...good, readers: [`${role}-lead`, role.slice(1), role.toUpperCase()] },
      'for nobody': { ...good, readers: [] },
      'for nobody knows whom': without('readers'),
    };
    const yes = ['for the role', 'for the role and others', 'for everyone'];
    await mustFind(clock, seed, { facts, yes, over: { roles: [role] } }, `asked as ${role}`);
    const roles = shuffled(seed, 'roles', ['visitor', role]);
    await mustFind(clock, seed, { facts, yes, over: { roles } }, `asked as ${roles.join(' and ')}`);
    await mustFind(clock, seed, { facts, yes: ['for everyone'], over: { roles: [] } }, 'asked with no role at all');
  },
);

behaviour(
  'before-scoring',
  'what may not be seen is never compared with the question, and k are found where there are k',
  async ({ seed, clock }) => {
    const passages = Array.from({ length: 60 }, (_, n) => {
      const mine = n >= 40 || roll(seed, `mine ${n}`) < 0.05;
      return passageOf(seed, `${mine ? 'mine' : 'theirs'}-${n}`, { ...good, ...(mine ? {} : hidden(seed, n)) });
    });
    const mine = passages.map(({ id }) => id).filter((id) => id.startsWith('mine'));
    const by = desk(passages);
    for (const k of [1, between(seed, 'k', 2, 12), mine.length, 50]) {
      const ids = await idsOf(clock, by, scopeOf(seed, { ...asked, version: { starts: [4] } }), k);
      const best = mine.slice(0, k);
      must(
        ids.length === best.length,
        `${k} passages were asked for, ${best.length} of 60 may be found, and ${ids.length} were`,
      );
      must(
        `${ids}` === `${best}`,
        `the ${k} best of those that may be found are ${listed(best.slice(0, 5))}…; found were ${listed(ids.slice(0, 5))}…`,
      );
    }
    const seen = new Set(by.calls.flatMap(({ scored }) => scored.filter((id) => id.startsWith('theirs'))));
    must(
      seen.size === 0,
      `${seen.size} of ${60 - mine.length} passages that may not be found were compared with the question`,
    );
  },
);
const hidden = (seed: number, n: number): Facts =>
  pick<Facts>(seed, `hidden ${n}`, [
    { tenant: 'globex' },
    { readers: ['admin'] },
    { version: [5, 0, 0] },
    { until: 50 },
  ]);

behaviour('versions', 'a version is compared number by number', async ({ seed, clock }) => {
  const n = between(seed, 'n', 1, 9);
  const m = between(seed, 'm', 1, 9);
  const versions: Record<string, [number, number, number]> = {
    [`${n}.${m}.0`]: [n, m, 0],
    [`${n}.${m}.12`]: [n, m, 12],
    [`${n}.${m}0.1`]: [n, m * 10, 1],
    [`${n}0.${m}.1`]: [n * 10, m, 1],
    [`${n + 1}.0.0`]: [n + 1, 0, 0],
    [`${n}.0.${m}`]: [n, 0, m],
  };
  const facts = Object.fromEntries(Object.entries(versions).map(([id, version]) => [id, { ...good, version }]));
  const find = (range: NonNullable<Asked['version']>, yes: string[]) =>
    mustFind(
      clock,
      seed,
      { facts, yes, over: { version: range } },
      `asked for ${scopeOf(seed, { ...asked, version: range }).version}`,
    );
  const [zero, twelve, tens, , next, low] = Object.keys(versions) as [string, string, string, string, string, string];
  await find({ starts: [n] }, [zero, twelve, tens, low]);
  await find({ starts: [n, m] }, [zero, twelve]);
  await find({ starts: [n, m, 12] }, [twelve]);
  await find({ starts: [n, m, 1] }, []);
  const [lowIn, highIn] = [pick(seed, 'low', [true, false]), pick(seed, 'high', [true, false])];
  await find({ low: [n, m, 0], lowIn, high: [n + 1, 0, 0], highIn }, [
    ...(lowIn ? [zero] : []),
    twelve,
    tens,
    ...(highIn ? [next] : []),
  ]);
  await find({ low: [n, m, 2], lowIn, high: [n, m, 12], highIn: !highIn }, highIn ? [] : [twelve]);
  const passages = Object.entries(facts).map(([id, one]) => passageOf(seed, id, one));
  const [above] = [await idsOf(clock, desk(passages), { ...scopeOf(seed, asked), version: `>=${n}.${m * 10}.0` })];
  must(above?.length === 3, `asked for >=${n}.${m * 10}.0: found were ${listed(above ?? [])}`);
  const equal = await idsOf(clock, desk(passages), { ...scopeOf(seed, asked), version: `=${n}.${m}.0` });
  must(`${equal}` === zero, `asked for =${n}.${m}.0: found were ${listed(equal)}`);
});

behaviour(
  'as-of',
  'a passage holds from its first moment until just before its last, in whatever zone they are written',
  async ({ seed, clock }) => {
    const day = between(seed, 'day', 20, 300);
    const facts = {
      'from that day': { ...good, from: day },
      'from the day after': { ...good, from: day + 1 },
      'from an hour later': { ...good, from: day + 1 / 24 },
      'until that day': { ...good, from: day - 9, until: day },
      'until an hour later': { ...good, until: day + 1 / 24 },
      'for ever': { ...good, from: day - 9 },
      'long over': { ...good, until: 10 },
    };
    const yes = ['from that day', 'until an hour later', 'for ever'];
    await mustFind(clock, seed, { facts, yes, over: { asOf: day } }, `asked as of ${written(day, 0)}`);
    const later = ['from that day', 'from an hour later', 'for ever'];
    await mustFind(
      clock,
      seed,
      { facts, yes: later, over: { asOf: day + 0.5 } },
      `asked as of noon of ${written(day, 0)}`,
    );
    const passages = Object.entries(facts).map(([id, one]) => passageOf(seed, id, one));
    for (const how of [0, 1, 2, 3]) {
      const ids = await idsOf(clock, desk(passages), { ...scopeOf(seed, asked), asOf: written(day, how) });
      must(`${ids.sort()}` === `${[...yes].sort()}`, `asked as of ${written(day, how)}: found were ${listed(ids)}`);
    }
  },
);

behaviour('product', 'a product is that product, and where none is asked for, any', async ({ seed, clock }) => {
  const facts = {
    desk: good,
    'desk-pro': { ...good, product: 'desk-pro' },
    Desk: { ...good, product: 'Desk' },
    none: without('product', 'version'),
  };
  await mustFind(clock, seed, { facts, yes: ['desk'], over: { product: 'desk' } }, 'asked for desk');
  await mustFind(clock, seed, { facts, yes: Object.keys(facts) }, 'asked for any product and version');
});

behaviour(
  'missing',
  'what is not known, or cannot be read, is kept or dropped as the settings say, and what is known counts',
  async ({ seed, clock }) => {
    const facts = {
      whole: good,
      'no product': without('product'),
      'no version': without('version'),
      'no beginning': without('from'),
      'no end': without('until'),
      'no times': without('from', 'until'),
      'over, of unknown beginning': { ...without('from'), until: 99 },
      'not yet, of unknown end': { ...without('until'), from: 101 },
      'other version, no times': { ...without('from', 'until'), version: [5, 0, 0] as const },
    };
    const over = { product: 'desk', version: { starts: [4] } };
    for (let n = 0; n < 8; n++) {
      const keeps = (bit: number) => (n & bit ? 'keep' : 'drop') as 'keep' | 'drop';
      const whenMissing = { product: keeps(1), version: keeps(2), validity: keeps(4) };
      const yes = [
        'whole',
        ...(n & 1 ? ['no product'] : []),
        ...(n & 2 ? ['no version'] : []),
        ...(n & 4 ? ['no beginning', 'no end', 'no times'] : []),
      ];
      const said = Object.entries(whenMissing).map(([name, what]) => `${name} ${what}`);
      await mustFind(
        clock,
        seed + n,
        { facts, yes, over, settings: { relax: [], whenMissing } },
        `where it is missing: ${said.join(', ')}`,
      );
    }
  },
);

behaviour(
  'hard-stays',
  'whose a passage is and who may read it is never given up, and of nothing nothing was given up',
  async ({ seed, clock }) => {
    const facts: Record<string, Facts> = {
      "another tenant's": { ...good, tenant: 'globex' },
      "nobody's": without('tenant'),
      'for other readers': { ...good, readers: ['admin'] },
      'for nobody knows whom': without('readers', 'version'),
    };
    const relax = shuffled(seed, 'relax', ['product', 'version', 'validity'] as const);
    const keep = { product: 'keep', version: 'keep', validity: 'keep' } as const;
    const passages = Object.entries(facts).map(([id, one]) => passageOf(seed, id, one));
    const by = desk(passages, { whenMissing: keep, relax });
    const outcome = await ask(clock, by, scopeOf(seed, { ...asked, product: 'desk', version: { starts: [4] } }));
    must('found' in outcome, 'a question for which there is no passage was refused');
    const { hits, relaxed } = outcome.found;
    must(hits.length === 0, () => `nothing may be seen, and ${listed(hits.map(({ id }) => id))} was found`);
    const scored = by.calls.flatMap((call) => call.scored);
    must(scored.length === 0, `nothing may be seen, and ${scored.length} passages were compared with the question`);
    must(
      relaxed.length === 0 && by.events.length === 0,
      `nothing was found, and ${relaxed.length || by.events.length} filters are said to be given up for it`,
    );
  },
);

behaviour(
  'not-needed',
  'where a passage is left, or another tenant has one, nothing is given up',
  async ({ seed, clock }) => {
    const facts: Record<string, Facts> = {
      right: good,
      'other version': { ...good, version: [5, 1, 0] },
      over: { ...good, until: 50 },
      'other product': { ...good, product: 'other' },
    };
    const settings = { ...strict, relax: shuffled(seed, 'relax', ['product', 'version', 'validity'] as const) };
    const scope = scopeOf(seed, { ...asked, product: 'desk', version: { starts: [4] } });
    const by = desk(
      Object.entries(facts).map(([id, one]) => passageOf(seed, id, one)),
      settings,
    );
    for (const [question, k, most] of [
      ['Why?', between(seed, 'k', 2, 9), 1],
      ['', 5, 0],
    ] as const) {
      const outcome = await ask(clock, by, scope, k, question);
      const found = 'found' in outcome ? outcome.found : { hits: [], relaxed: ['an error'] };
      const what = question
        ? `${k} were asked for and 1 is left`
        : 'the retriever finds nothing in the one that is left';
      must(
        found.relaxed.length === 0 && by.events.length === 0,
        () => `${what}, and given up was ${listed(found.relaxed) || 'something'}`,
      );
      must(found.hits.length === most, () => `${what}; found were ${listed(found.hits.map(({ id }) => id))}`);
    }
  },
);

behaviour(
  'invalid-scope',
  'a range or a time that cannot be read is refused, and nothing is searched',
  async ({ seed, clock }) => {
    const passages = [passageOf(seed, 'a', good), passageOf(seed, 'b', { ...good, version: [5, 0, 0] })];
    const settings = {
      whenMissing: { product: 'keep', version: 'keep', validity: 'keep' },
      relax: ['version', 'validity'],
    } as const;
    const by = desk(passages, settings);
    const good4 = scopeOf(seed, { ...asked, version: { starts: [4] } });
    const ranges = [
      'latest',
      'four',
      '>=',
      '4.29.1.7',
      '>=4.29.1.7',
      'x>=4.0.0',
      '>=4.0.0 <',
      '>=4.0.0 <five',
      '4,5',
      '4.29.',
      '>>4.0.0',
      '=>4.0.0',
      '4 to 5',
    ];
    for (const over of [
      ...ranges.map((version) => ({ version })),
      ...['yesterday', '', '2026-13-45', 'next'].map((asOf) => ({ asOf })),
    ]) {
      const outcome = await ask(clock, by, { ...good4, ...over });
      must('error' in outcome, `${JSON.stringify(over)} can't be read, and the question was answered`);
      must(
        outcome.error?.code === 'INVALID_SCOPE',
        `${JSON.stringify(over)} was refused with the code ${outcome.error?.code}`,
      );
    }
    must(by.calls.length === 0, `${by.calls.length} questions were refused and searched for all the same`);
    const next = await ask(clock, by, good4);
    must('found' in next && next.found.hits.length === 1, 'after a refusal the next question went wrong');
  },
);

behaviour(
  'side-by-side',
  'questions that are asked at once keep apart, and a failure reaches its asker',
  async ({ seed, clock }) => {
    const tenants = shuffled(seed, 'tenants', ['acme', 'globex', 'initech', 'umbrella']);
    const passages = tenants.flatMap((tenant) => [
      passageOf(seed, `${tenant}'s`, { ...good, tenant }),
      passageOf(seed, `${tenant}'s other`, { ...good, tenant, until: 9 }),
    ]);
    const by = desk(shuffled(seed, 'order', passages), { ...strict, relax: ['validity'] });
    const late = tenants[0] as string;
    const questions = tenants.map((tenant, n) => {
      const question = tenant === late ? 'fail' : '?'.repeat(between(seed, `length ${tenant}`, 5, 30));
      const scope = scopeOf(seed, { ...asked, tenant, asOf: n === 1 ? -50 : 100 });
      return by.find(question, 3, scope).then(
        ({ hits }) => hits.map(({ id }) => id),
        (error: Error) => error.message,
      );
    });
    await clock.advance(60);
    for (const [n, got] of (await Promise.all(questions)).entries()) {
      const tenant = tenants[n];
      const right =
        n === 0
          ? 'the index is being moved'
          : n === 1
            ? passages.map(({ id }) => id).filter((id) => id.startsWith(`${tenant}'s`))
            : [`${tenant}'s`];
      must(
        `${[got].flat().sort()}` === `${[right].flat().sort()}`,
        `four tenants at once: ${tenant} should have got ${right} and got ${got}`,
      );
    }
  },
);

behaviour(
  'any-scope',
  'whatever is asked of whatever there is, exactly the right passages are found',
  async ({ seed, clock }) => {
    for (let n = 0; n < 30; n++) {
      const name = `round ${n}`;
      const facts = Object.fromEntries(
        Array.from({ length: 24 }, (_, m) => [`p-${m}`, anyFacts(seed, `${name} p-${m}`)]),
      );
      const [question, settings] = [anyAsked(seed, name), anySettings(seed, name)];
      const passages = Object.entries(facts).map(([id, one]) => passageOf(seed, id, one));
      const by = desk(passages, settings);
      const scope = scopeOf(seed, question);
      const k = between(seed, `k ${name}`, 1, 24);
      const outcome = await ask(clock, by, scope, k);
      must(
        'found' in outcome,
        () => `${JSON.stringify(scope)} was refused: ${'error' in outcome && outcome.error?.message}`,
      );
      const right = wanted(facts, question, settings);
      const ids = outcome.found.hits.map(({ id }) => id);
      const asking = () => `${JSON.stringify(scope)} with ${JSON.stringify(settings)}`;
      const odd = ids.find((id) => !right.ids.includes(id)) ?? right.ids.slice(0, k).find((id) => !ids.includes(id));
      must(
        `${ids}` === `${right.ids.slice(0, k)}`,
        () =>
          `${asking()}: ${odd} ${ids.includes(odd ?? '') ? 'was found' : "wasn't found"}; it is ${JSON.stringify(passages.find(({ id }) => id === odd)?.metadata)}`,
      );
      must(
        `${outcome.found.relaxed}` === `${right.relaxed}`,
        () => `${asking()}: given up was ${listed(outcome.found.relaxed)}, and had to be ${listed(right.relaxed)}`,
      );
      const unseen = by.calls.flatMap(({ scored }) => scored).find((id) => !maySee(facts[id] ?? {}, question));
      must(unseen === undefined, () => `${asking()}: ${unseen} may not be seen and was compared with the question`);
    }
  },
);

tradeOff(
  'where the filters leave nothing, soft ones are given up in their order, as few as will do, and the asker hears which',
  async ({ seed, clock }) => {
    const facts: Record<string, Facts> = {
      'other product': { ...good, product: 'other' },
      'other version': { ...good, version: [5, 1, 0] },
      over: { ...good, until: 50 },
      'other version, over': { ...good, version: [5, 1, 0], until: 50 },
      'other product, other version': { ...good, product: 'other', version: [3, 0, 0] },
      'other in everything': { ...good, product: 'other', version: [3, 0, 0], until: 50 },
      "another tenant's": { ...good, tenant: 'globex' },
    };
    const one = { product: 'other product', version: 'other version', validity: 'over' } as const;
    const question = { ...asked, product: 'desk', version: { starts: [4] } };
    const soft = shuffled(seed, 'soft', ['product', 'version', 'validity'] as const);
    const tries: { there: string[]; relax: SoftFilter[]; yes: string[]; given: SoftFilter[] }[] = [
      ...soft.map((first) => ({
        there: Object.keys(facts),
        relax: [first, ...soft.filter((name) => name !== first)],
        yes: [one[first]],
        given: [first],
      })),
      {
        there: ['other version, over', 'other in everything'],
        relax: ['version', 'validity', 'product'],
        yes: ['other version, over'],
        given: ['version', 'validity'],
      },
      { there: ['other in everything', "another tenant's"], relax: soft, yes: ['other in everything'], given: soft },
      { there: ['other in everything', 'other version'], relax: ['product'], yes: [], given: [] },
      { there: Object.keys(facts), relax: [], yes: [], given: [] },
    ];
    for (const { there, relax, yes, given } of tries) {
      const by = desk(
        there.map((id) => passageOf(seed, id, facts[id] as Facts)),
        { ...strict, relax },
      );
      const outcome = await ask(clock, by, scopeOf(seed, question));
      must(
        'found' in outcome,
        () => `a question that finds nothing was refused: ${'error' in outcome && outcome.error?.message}`,
      );
      const { hits, relaxed } = outcome.found;
      const what = `there are ${listed(there)}, and ${listed(relax)} may be given up`;
      const ids = hits.map(({ id }) => id);
      must(`${[...ids].sort()}` === `${[...yes].sort()}`, `${what}: found were ${listed(ids)}`);
      must(`${relaxed}` === `${given}`, `${what}: the asker hears that ${listed(relaxed)} was given up`);
      const events = given.map((filter) => ({ type: 'FilterRelaxed', data: { filter } }));
      must(
        JSON.stringify(by.events) === JSON.stringify(events),
        `${what}: the events say ${JSON.stringify(by.events)}`,
      );
    }
    const by = desk([passageOf(seed, 'over', { ...good, until: 50 })], {
      ...strict,
      relax: ['version', 'product', 'validity'],
    });
    const outcome = await ask(clock, by, scopeOf(seed, asked));
    const relaxed = 'found' in outcome ? outcome.found.relaxed : [];
    must(`${relaxed}` === 'validity', `no version and no product was asked for, and given up was ${listed(relaxed)}`);
  },
);
