import type { Hit, JudgedQuestion, Passage, Search } from '#answerdesk/knowledge.ts';
import type { CreateHybrid, HybridSettings } from '#answerdesk/seams/hybrid.ts';
import { readRecording } from '#kit/events.ts';
import { between, pick, shuffled } from '#kit/seeded.ts';
import { behaviour, incident, must, tradeOff } from '#kit/suite.ts';
import { BEGINS, RECORDED_SEED } from '../incident/day.ts';
import {
  at,
  deepInBoth,
  desk,
  fixed,
  joined,
  type Kind,
  type Place,
  passage,
  times,
  twoLists,
  words,
} from '../incident/hybrid-desks.ts';
import { day, indexed, ndcg, neverJudged, openDesk, playDay, recordedDay } from '../incident/hybrid-retrieval.ts';
import * as kata from './kata.ts';

const createHybrid: CreateHybrid = kata.createHybrid;

const settingsOf = (seed: number): HybridSettings => ({
  rankConstant: between(seed, 'constant', 40, 80),
  depth: process.env['DEPTH'] ? Number(process.env['DEPTH']) : between(seed, 'depth', 25, 40),
});
const mean = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
const figure = (x: number) => x.toFixed(2);
const list = (hits: readonly { id: string }[]) => hits.map(({ id }) => id).join(', ') || 'nothing';
const ids = (hits: readonly Hit[]) => hits.map(({ id }) => id).join(' ');

/** An answer over ports that note what is asked of them. */
function open(
  over: { passages: readonly Passage[]; vectors?: Search; judged?: readonly JudgedQuestion[] },
  settings: HybridSettings,
) {
  const asked: { question: string; k: number; among: ReadonlySet<string> | undefined }[] = [];
  const turnedDown: string[] = [];
  const hybrid = indexed(createHybrid)(
    {
      passages: structuredClone(over.passages),
      vectors: async (question, k, among) => {
        asked.push({ question, k, among: among && new Set(among) });
        return structuredClone((await over.vectors?.(question, k, among)) ?? []);
      },
      judged: structuredClone(over.judged ?? []),
      emit: ({ type, data }) => {
        if (type === 'RetrieverTurnedDown') turnedDown.push(String(data['retriever']));
      },
    },
    { ...settings },
  );
  const by =
    (which: 'keywords' | 'search', what: string) =>
    async (question: string, k: number, among?: ReadonlySet<string>): Promise<Hit[]> => {
      const hits = await Promise.resolve()
        .then(() => hybrid[which](question, k, among && new Set(among)))
        .catch((error: unknown) =>
          must(false, `${what} found nothing for "${question}": ${(error as Error)?.message}`),
        );
      must(Array.isArray(hits), `${what} gave no list for "${question}"`);
      must(hits.length <= k, () => `${what} was to find ${k} passages and found ${hits.length}`);
      must(
        new Set(hits.map(({ id }) => id)).size === hits.length,
        () => `${what} found a passage twice: ${list(hits)}`,
      );
      for (const [n, { score }] of hits.entries())
        must(
          Number.isFinite(score) && score <= (hits[n - 1]?.score ?? Infinity),
          `${what} isn't in the order of its scores`,
        );
      return hits.map(({ id, score }) => ({ id, score }));
    };
  return {
    hybrid,
    asked,
    turnedDown,
    keywords: by('keywords', 'the search by keywords'),
    search: by('search', 'the fused search'),
  };
}

type Opened = ReturnType<typeof open>;

incident(
  'what names an identifier is found by it, and two searches are no worse than the better of them',
  {
    recorded: () => recordedDay(readRecording(new URL('./incident.jsonl', import.meta.url), BEGINS)),
    fresh: day,
    recordedSeed: RECORDED_SEED,
  },
  async (scene, run) => {
    const ranked = await playDay(scene, run, createHybrid);
    const failed = ranked.find(({ failure }) => failure !== undefined);
    must(!failed, () => `a question could not be searched: ${failed?.failure}`, failed?.event);
    const named = ranked.filter(({ question }) => question.class === 'exact-identifier');
    const missed = named.filter(({ fused, question }) => !fused.some(({ id }) => question.relevant[id]));
    must(
      missed.length <= named.length / 5,
      () =>
        `${missed.length} of ${named.length} questions that name an identifier got no passage that explains it among their ten (first: "${missed[0]?.question.text}")`,
      missed[0]?.event,
    );
    const by = (which: 'keywords' | 'vectors' | 'fused') => mean(ranked.map((one) => ndcg(one[which], one.question)));
    const [keywords, vectors, fused] = [by('keywords'), by('vectors'), by('fused')];
    const lost = ranked.find((one) => ndcg(one.fused, one.question) < ndcg(one.keywords, one.question));
    must(
      fused >= Math.max(keywords, vectors) - 0.05,
      () =>
        `${ranked.length} questions: nDCG@10 ${figure(keywords)} by keywords, ${figure(vectors)} by vectors, ${figure(fused)} by both; whoever asked both was worse off`,
      lost?.event,
    );
  },
  { startAt: BEGINS },
);

const IDENTIFIERS = [
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 'invalid media'],
  ['FST_ERR_CTP_EMPTY_JSON_BODY', 'empty json'],
  ['FST_ERR_REP_ALREADY_SENT', 'already sent'],
  ['FST_ERR_BAD_STATUS_CODE', 'bad status'],
  ['FST_ERR_DUPLICATED_ROUTE', 'duplicated route'],
  ['FST_ERR_LOG_INVALID_DESTINATION', 'log destination'],
  ['onRequestAbort', 'request abort'],
  ['maxParamLength', 'param length'],
  ['keepAliveTimeout', 'alive timeout'],
  ['ignoreTrailingSlash', 'trailing slash'],
  ['childLoggerFactory', 'logger factory'],
  ['rewriteUrl', 'rewrite url'],
] as const;

behaviour('identifiers', 'an identifier is found as it stands, and by its parts', async ({ seed }) => {
  const some = words(seed);
  const explain = (name: string) => joined(some(4), name, some(7));
  const apart = (name: string) => name.replace(/_|(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
  const others = times(20, (n) => passage(at(n + 500), joined(some(12))));
  const named = shuffled(seed, 'ids', IDENTIFIERS).map(([name, part], n) => ({ name, part, id: at(n + 300) }));
  const explained = named.map(({ name, id }) => passage(id, explain(name)));
  const spelled = named.map(({ name }, n) => passage(at(n), joined(some(3), apart(name), some(3))));
  const settings = settingsOf(seed);
  const among = open({ passages: [...spelled, ...explained, ...others] }, settings);
  const alone = open({ passages: [...explained, ...others] }, settings);
  for (const { name, part, id } of named) {
    const typed = pick(seed, `typed ${name}`, [
      name,
      `\`${name}\``,
      `(${name}),`,
      `${name}?`,
      `"${name}".`,
      `${name}()`,
    ]);
    const asked = `${some(1)} ${typed} ${some(1)}`;
    const first = await among.keywords(asked, 3);
    must(
      first[0]?.id === id,
      () => `"${asked}": the passage that has ${name} comes after those that have its words (${list(first)})`,
    );
    const lower = await alone.keywords(name.toLowerCase(), 3);
    must(lower[0]?.id === id, () => `${name} was not found as ${name.toLowerCase()} (${list(lower)})`);
    const byPart = await alone.keywords(part, 3);
    must(byPart[0]?.id === id, () => `"${part}" didn't find ${name} first (${list(byPart)})`);
  }
});

behaviour('keywords', 'keywords are weighed as BM25 weighs them', async ({ seed }) => {
  const some = words(seed);
  const [rare, common, x, y, z, often, long] = some(7) as [string, string, string, string, string, string, string];
  const fill = (count: number, ...held: string[]) =>
    joined(shuffled(seed, joined(held), [...held, ...some(count - held.length)]));
  const passages = [
    ...times(14, (n) => passage(at(n), fill(12, common))),
    passage(at(20), fill(12, rare)),
    passage(at(21), fill(12, rare, common)),
    passage(at(30), fill(12, ...times(10, () => x))),
    passage(at(31), fill(12, x, y, z)),
    passage(at(40), fill(12, often)),
    passage(at(41), fill(12, often, often, often)),
    passage(at(50), fill(60, long)),
    passage(at(51), fill(12, long)),
  ];
  const { keywords } = open({ passages: shuffled(seed, 'passages', passages) }, settingsOf(seed));
  const order = async (question: string[], before: number, after: number, why: string) => {
    const hits = await keywords(joined(question), 30);
    const [first, second] = [before, after].map((n) => hits.findIndex(({ id }) => id === at(n))) as [number, number];
    must(first >= 0 && second >= 0, () => `a passage that holds a word of the question wasn't found (${list(hits)})`);
    must(first < second, () => `${why}, and came behind (${list(hits)})`);
  };
  await order([common, rare], 20, 0, 'it holds the word that few others hold');
  await order([common, rare], 21, 20, 'it holds another word of the question, which most others hold too');
  await order([x, y, z], 31, 30, 'it holds three words of the question, the other one of them ten times');
  await order([often], 41, 40, 'it holds the word three times, the other as long a one once');
  await order([long], 51, 50, 'it holds the word once in 12 words, the other in 60');
  const both = await keywords(joined(common), 30);
  must(both.length === 15, () => `15 passages hold a word of the question, and ${both.length} were found`);
  const unknown = joined(some(2));
  const none = await keywords(unknown, 30);
  must(none.length === 0, () => `no passage holds "${unknown}", and ${list(none)} were found`);
  for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
    const hits = await keywords(`${name} ${rare}`, 30);
    must(
      ids(hits).length > 0 && hits.length <= 2,
      () => `"${name} ${rare}" is held by two passages; found were ${list(hits)}`,
    );
  }
});

let floors: Promise<Map<string, number>> | undefined;
behaviour('keyword-quality', 'on the documentation keywords find what a plain BM25 finds', async () => {
  floors ??= (async () => {
    const { hybrid } = openDesk(createHybrid);
    const figures = new Map<string, number[]>();
    for (const question of neverJudged()) {
      const hits = await hybrid.keywords(question.text, 10, question.among);
      figures.set(question.class, [...(figures.get(question.class) ?? []), ndcg(hits, question)]);
    }
    return new Map([...figures].map(([kind, all]) => [kind, mean(all)]));
  })();
  const found = await floors;
  for (const [kind, floor] of [
    ['exact-identifier', 0.8],
    ['version-sensitive', 0.58],
    ['multi-passage', 0.58],
  ] as const)
    must(
      (found.get(kind) ?? 0) >= floor,
      () =>
        `${kind}: nDCG@10 of keywords alone is ${figure(found.get(kind) ?? 0)}; a plain BM25 has more than ${figure(floor)}`,
    );
});

behaviour('either-list', 'what only one of them finds is found', async ({ seed }) => {
  const { asked, literal, similar, passages } = twoLists(seed, between(seed, 'count', 6, 12));
  const settings = settingsOf(seed);
  const order = shuffled(seed, 'similar', similar);
  const { search, keywords } = open({ passages, vectors: fixed(order) }, settings);
  const depth = between(seed, 'shallow', 3, 5);
  const all = await open({ passages, vectors: fixed(order) }, { ...settings, depth }).search(asked, passages.length);
  const lost = passages.filter(({ id }) => all.every((hit) => hit.id !== id));
  must(
    lost.length === 0,
    () =>
      `${lost.length} of ${passages.length} passages that one of the two had found are gone, with a depth of ${depth} and ${passages.length} asked for (${list(lost)})`,
  );
  const [byWord] = await keywords(asked, 1);
  const top = await search(asked, 2);
  for (const id of [byWord?.id, order[0]])
    must(
      top.some((hit) => hit.id === id),
      () => `${id} is the best of one list and isn't among the best two of both (${list(top)})`,
    );
  must(
    ids(await search('zzyzxq', 5)) === order.slice(0, 5).join(' '),
    () => `no passage holds a word of the question, and what vectors found (${order.slice(0, 5)}) came out otherwise`,
  );
  const wordsOnly = open({ passages, vectors: async () => [] }, settings);
  must(
    ids(await wordsOnly.search(asked, 6)) === ids(await wordsOnly.keywords(asked, 6)),
    'vectors found nothing, and what keywords found came out otherwise',
  );
  const lone = open({ passages, vectors: fixed(order.slice(0, 1)) }, settings);
  const withOne = await lone.search(asked, passages.length);
  must(
    withOne.length === literal.length + 1,
    () => `keywords found ${literal.length}, vectors one other, both ${withOne.length}`,
  );
});

behaviour(
  'ranks',
  'each list is read deep, and what stands in both gains by it as the rank constant has it',
  async ({ seed }) => {
    const depth = between(seed, 'depth', 20, 40);
    const rank = between(seed, 'rank', 3, 8);
    for (const [rankConstant, ranks, shape] of [
      [between(seed, 'constant', 40, 90), { keywords: rank, vectors: rank }, 'flat'],
      [2, { keywords: 3, vectors: 5 }, 'flat'],
      [2, { keywords: 5, vectors: 3 }, 'flat'],
      [between(seed, 'steep', 1, 2), { keywords: 5, vectors: 5 }, 'steep'],
    ] as const) {
      const { passages, vectors, both, question } = deepInBoth(seed, ranks, shape);
      const { search, asked } = open({ passages, vectors }, { rankConstant, depth });
      const k = between(seed, `k ${rankConstant}`, 1, 2);
      const hits = await search(question, k);
      const first = hits[0]?.id === both;
      const where = `${both} is number ${ranks.keywords} by keywords and number ${ranks.vectors} by vectors, the rank constant ${rankConstant}`;
      if (shape === 'flat') must(first, () => `${where}; before it came ${hits[0]?.id}, which only one of them found`);
      else must(!first, () => `${where}; it came before what one of them has first, by far`);
      must(
        asked.length === 1 && asked[0]?.k === depth,
        () => `a list is read ${depth} deep; for ${k} passages vectors were asked for ${asked.map((one) => one.k)}`,
      );
    }
  },
);

behaviour('scales', 'on what scale vectors are scored makes no difference', async ({ seed }) => {
  const { asked, passages } = twoLists(seed, 10);
  const settings = settingsOf(seed);
  const order = shuffled(
    seed,
    'all',
    passages.map(({ id }) => id),
  ).slice(0, between(seed, 'found', 8, 16));
  const on = async (scale: { by: number; from: number }) =>
    ids(await open({ passages, vectors: fixed(order, scale) }, settings).search(asked, 30));
  const usual = await on({ by: 1, from: 0 });
  for (const scale of [
    { by: 1000, from: 0 },
    { by: 0.001, from: 0.5 },
    { by: 1, from: -5 },
  ])
    must(
      (await on(scale)) === usual,
      `the order changed when vectors were scored from ${scale.from} to ${scale.from + scale.by} and no longer from 0 to 1`,
    );
});

behaviour('ties', 'the same question gives the same list, and equal ones come by id', async ({ seed }) => {
  const some = words(seed);
  const settings = settingsOf(seed);
  const [asked = '', twin = ''] = some(2);
  const others = times(8, (n) => passage(at(n + 50), joined(some(12))));
  for (const [longer, shorter] of [
    [3, 7],
    [7, 3],
  ] as const) {
    const two = [passage(at(longer), joined(asked, some(20))), passage(at(shorter), joined(asked, some(8)))];
    const vectors = fixed([at(longer), at(shorter)]);
    const hits = await open({ passages: shuffled(seed, 'two', [...two, ...others]), vectors }, settings).search(
      asked,
      5,
    );
    must(
      ids(hits) === `${at(3)} ${at(7)}`,
      () => `each is first in one list and second in the other, and they came as ${list(hits)}`,
    );
  }
  const text = joined(twin, some(9));
  const twins = shuffled(
    seed,
    'twins',
    times(5, (n) => passage(at(n + 20), text)),
  );
  const expected = times(5, (n) => at(n + 20)).join(' ');
  const passages = [...twins, ...others];
  const order = [...times(5, (n) => at(n + 20)), at(52), at(51)];
  const vectors: Search = async (_, k) =>
    order.map((id, n) => ({ id, score: n < 5 ? 0.8 : 0.7 - n / 100 })).slice(0, k);
  const one = open({ passages, vectors }, settings);
  const other = open({ passages: passages.toReversed(), vectors }, settings);
  const lists = await Promise.all([
    one.keywords(twin, 5),
    one.search(twin, 5),
    other.keywords(twin, 5),
    other.search(twin, 5),
  ]);
  for (const hits of lists)
    must(ids(hits) === expected, () => `five passages have one text and one score, and came as ${list(hits)}`);
  const again = [await one.search(twin, 9), await other.search(twin, 9), await one.search(twin, 9)].map(ids);
  must(
    new Set(again).size === 1,
    () => `one question, the same passages in another order, and other lists: ${again.join(' / ')}`,
  );
});

behaviour('among', 'only what may be seen is ranked, and all of it', async ({ seed }) => {
  const { asked, literal, similar, passages } = twoLists(seed, 40);
  const settings = { rankConstant: 60, depth: between(seed, 'depth', 8, 14) };
  const order = shuffled(seed, 'order', similar);
  const { search, keywords, asked: calls } = open({ passages, vectors: fixed(order) }, settings);
  const few = [...literal.slice(-3), ...order.slice(-3)];
  const hits = await search(asked, 10, new Set(few));
  must(
    hits.every(({ id }) => few.includes(id)),
    () => `who may see ${few.join(', ')} was given ${list(hits)}`,
  );
  must(
    hits.length === few.length,
    () => `of the six passages that he may see, which all were there to be found, he was given ${list(hits)}`,
  );
  must(
    calls.every(({ among }) => among?.size === few.length),
    'the search by vectors was not told what may be seen',
  );
  const byWord = await keywords(asked, 10, new Set(few));
  must(
    ids(byWord).split(' ').sort().join(' ') === literal.slice(-3).join(' '),
    () => `three that he may see hold the word; keywords gave ${list(byWord)}`,
  );
  const nothing = new Set<string>();
  const given = [...(await search(asked, 10, nothing)), ...(await keywords(asked, 10, nothing))];
  must(given.length === 0, () => `who may see nothing at all was given ${list(given)}`);
});

async function quality(search: Search, questions: readonly JudgedQuestion[], kind?: Kind): Promise<number> {
  const figures: number[] = [];
  for (const question of questions.filter((one) => !kind || one.class === kind))
    figures.push(ndcg(await search(question.text, 10, question.among), question));
  return mean(figures);
}
const named = (turnedDown: readonly string[]) => turnedDown.join(', ') || 'none';

behaviour(
  'turned-down',
  'a retriever that the judged questions show to be bad costs nothing, and is named once',
  async ({ seed }) => {
    const place = pick<Place>(seed, 'place', ['last', 'anywhere']);
    const exact = desk(seed, 'bad vectors', { exact: between(seed, 'exact', 10, 14) });
    const one = open({ ...exact, vectors: exact.vectors(() => place) }, settingsOf(seed));
    const [fused, keywords] = [await quality(one.search, exact.asked), await quality(one.keywords, exact.asked)];
    must(
      fused >= keywords - 0.05,
      () =>
        `vectors put what answers ${place}, as the judged questions show; on others keywords alone have an nDCG@10 of ${figure(keywords)}, both together ${figure(fused)}`,
    );
    must(
      one.turnedDown.join() === 'vectors',
      () => `vectors put what answers ${place}, and turned down are: ${named(one.turnedDown)}`,
    );

    const paraphrased = desk(seed, 'bad keywords', { paraphrase: between(seed, 'paraphrase', 10, 14) });
    const vectors = paraphrased.vectors(() => 'first');
    const other = open({ ...paraphrased, vectors }, settingsOf(seed));
    const [both, similar] = [await quality(other.search, paraphrased.asked), await quality(vectors, paraphrased.asked)];
    must(
      both >= similar - 0.05,
      () =>
        `nobody asks in the passages' words; vectors alone have an nDCG@10 of ${figure(similar)}, both together ${figure(both)}`,
    );
    must(
      other.turnedDown.join() === 'keywords',
      () => `keywords find nothing that answers, and turned down are: ${named(other.turnedDown)}`,
    );
    const real = openDesk(createHybrid);
    await real.hybrid.search('logger', 1);
    must(
      real.turnedDown.join() === 'vectors',
      () => `on the documentation vectors are far behind keywords, and turned down are: ${named(real.turnedDown)}`,
    );
  },
);

const BLIND = (kind: Kind): Place => (kind === 'paraphrase' ? 'first' : 'last');
async function mustKeepBoth(one: Opened, asked: readonly JudgedQuestion[], vectors: Search, why: string) {
  const betters = [
    ['exact', 'keywords', one.keywords],
    ['paraphrase', 'vectors', vectors],
  ] as const;
  for (const [kind, name, better] of betters) {
    const [alone, fused] = [await quality(better, asked, kind), await quality(one.search, asked, kind)];
    must(
      fused >= alone / 2,
      () =>
        `${why}: ${kind} questions have an nDCG@10 of ${figure(alone)} by ${name} alone, and of ${figure(fused)} by both`,
    );
  }
}

behaviour('both-trusted', 'each class keeps what one retriever is blind to and the other finds', async ({ seed }) => {
  const scene = desk(seed, 'both', { exact: between(seed, 'exact', 6, 9), paraphrase: between(seed, 'others', 6, 9) });
  const vectors = scene.vectors(BLIND);
  const few = scene.judged.filter(({ class: kind }) => kind !== pick(seed, 'few', ['exact', 'paraphrase']));
  for (const [judged, why] of [
    [scene.judged, 'each retriever is blind to one class of the sample'],
    [[], 'nothing was judged'],
    [few, 'nine judged questions or fewer say nothing'],
  ] as const) {
    const one = open({ ...scene, vectors, judged }, settingsOf(seed));
    await mustKeepBoth(one, scene.asked, vectors, why);
    must(one.turnedDown.length === 0, () => `${why}, and turned down are: ${named(one.turnedDown)}`);
    const fused = await quality(one.search, scene.asked);
    const alone = [await quality(one.keywords, scene.asked), await quality(vectors, scene.asked)];
    must(
      fused >= Math.max(...alone) - 0.01,
      () => `${why}: nDCG@10 is ${alone.map(figure).join(' and ')} alone, and ${figure(fused)} by both`,
    );
  }
});

behaviour(
  'judged-once',
  'the sample is searched once, whoever asks first, and again where that failed',
  async ({ seed }) => {
    const scene = desk(seed, 'once', { exact: 12 });
    const bad = scene.vectors(() => 'last');
    const questions = scene.asked.slice(0, 4);
    const one = open({ ...scene, vectors: bad }, settingsOf(seed));
    await Promise.all(questions.map(({ text, among }) => one.search(text, 10, among)));
    for (const { text, among } of questions) await one.search(text, 10, among);
    must(
      one.asked.length <= scene.judged.length + 2 * questions.length,
      () =>
        `${scene.judged.length} judged questions and ${2 * questions.length} others took ${one.asked.length} searches by vectors`,
    );
    const among = questions[0]?.among;
    const beyond = one.asked.filter((each) => each.among?.size !== among?.size);
    must(beyond.length === 0, () => `${beyond.length} questions were searched beyond what their askers may see`);
    must(
      one.turnedDown.join() === 'vectors',
      () => `four asked at the same time, and turned down are: ${named(one.turnedDown)}`,
    );

    let failures = between(seed, 'failures', 1, 3);
    const sampled = new Set(scene.judged.map(({ text }) => text));
    const failing: Search = async (...asked) => {
      if (sampled.has(asked[0]) && failures-- > 0) throw Object.assign(new Error('503'), { status: 503 });
      return bad(...asked);
    };
    const { hybrid, search, keywords, turnedDown } = open({ ...scene, vectors: failing }, settingsOf(seed));
    for (const { text, among } of questions) await hybrid.search(text, 10, among).catch(() => {});
    const [fused, alone] = [await quality(search, scene.asked), await quality(keywords, scene.asked)];
    must(
      fused >= alone - 0.05 && turnedDown.join() === 'vectors',
      () =>
        `vectors failed at first, and then were bad: nDCG@10 is ${figure(alone)} by keywords alone, ${figure(fused)} by both, and turned down are: ${named(turnedDown)}`,
    );
  },
);

tradeOff('many judged questions of one class decide nothing about another', async ({ seed }) => {
  const many = pick(seed, 'many', ['exact', 'paraphrase']);
  const scene = desk(seed, 'lopsided', { exact: 2, paraphrase: 2, [many]: between(seed, 'how many', 18, 24) });
  const vectors = scene.vectors(BLIND);
  const one = open({ ...scene, vectors }, settingsOf(seed));
  await mustKeepBoth(one, scene.asked, vectors, `all judged questions but two are of the class ${many}`);
});
