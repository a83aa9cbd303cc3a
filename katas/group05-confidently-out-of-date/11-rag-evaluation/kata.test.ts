import type {
  AnswerFigures,
  Change,
  Comparison,
  CreateEvaluator,
  EvaluationSettings,
  Figures,
} from '#answerdesk/seams/evaluation.ts';
import { readRecording } from '#kit/events.ts';
import { between, pick, roll, shuffled } from '#kit/seeded.ts';
import { behaviour, incident, must, tradeOff } from '#kit/suite.ts';
import { BEGINS, RECORDED_SEED } from '../incident/day.ts';
import { leakedBy, morningOf, playMorning, recordedMorning } from '../incident/rag-evaluation.ts';
import { classesOf, figuresOf, inClass, METRICS } from '../incident/rag-evaluation-measures.ts';
import {
  anyAnswers,
  anyRun,
  KINDS,
  lostATenth,
  movedBy,
  noisy,
  PUBLISHED,
  pageOf,
  QUOTED,
  question,
  times,
  WITHIN,
} from '../incident/rag-evaluation-scenes.ts';
import * as kata from './kata.ts';

const createEvaluator: CreateEvaluator = kata.createEvaluator;

/** A copy, with what no JSON can hold (NaN) as a word. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value, (_, one) => (Number.isNaN(one) ? 'NaN' : one))) as T;

function desk(over: Partial<EvaluationSettings> = {}) {
  const events: { type: string; data: Partial<Change> }[] = [];
  const settings = { k: 5, resamples: 400, confidence: 0.95, seed: 5, ...over };
  const by = createEvaluator({ emit: (event) => void events.push(plain(event)) }, settings);
  const evaluate: typeof by.evaluate = (judged, run) =>
    plain(by.evaluate(structuredClone(judged), structuredClone(run)));
  const compare: typeof by.compare = (judged, now, candidate) =>
    plain(by.compare(structuredClone(judged), structuredClone(now), structuredClone(candidate)));
  const evaluateAnswers: typeof by.evaluateAnswers = (judged, answers, proves) =>
    plain(by.evaluateAnswers(structuredClone(judged), structuredClone(answers), proves));
  const leaks: typeof by.leaks = (judged, passages) =>
    plain(by.leaks(structuredClone(judged), structuredClone(passages)));
  return { events, evaluate, compare, evaluateAnswers, leaks };
}

const shown = (number: unknown) => (typeof number === 'number' ? number.toFixed(3) : String(number));
const NAMES = { recall: 'recall', reciprocalRank: 'the reciprocal rank', ndcg: 'nDCG' };
const near = (a: unknown, b: number | null | undefined, within = 1e-9) =>
  typeof a === 'number' && typeof b === 'number' ? Math.abs(a - b) <= within : a === b;

/** A class of which nothing can be said may be left out. */
function mustBe(got: Figures | undefined, wanted: Figures, what: string): void {
  if (!got && wanted.questions === 0) return;
  must(
    got?.questions === wanted.questions,
    () => `${what}: the means are said to be over ${got?.questions} questions; they are over ${wanted.questions}`,
  );
  for (const metric of METRICS)
    must(
      near(got?.[metric], wanted[metric]),
      () => `${what}: ${NAMES[metric]} is ${shown(wanted[metric])}, and came out as ${shown(got?.[metric])}`,
    );
}
const of = ({ changes }: Comparison, name: string, metric = 'recall') =>
  changes.find((one) => one.class === name && one.metric === metric);
const told = ({ class: name, metric, change, low, high, questions }: Change) =>
  `${metric} of ${name} over ${questions} questions, changed by ${shown(change)} [${shown(low)}, ${shown(high)}]`;
const classesIn = ({ regressions }: Comparison) => [...new Set(regressions.map((one) => one.class))];

incident(
  'no candidate goes live that breaks a class, none is held back for noise, and what the index knows by heart is named',
  {
    recorded: () => recordedMorning(readRecording(new URL('./incident.jsonl', import.meta.url), BEGINS)),
    fresh: morningOf,
    recordedSeed: RECORDED_SEED,
  },
  async (scene, run) => {
    const { figures, compared, leaks, leakedAt } = await playMorning(scene, run, createEvaluator);
    const { judged, now, k } = scene;
    for (const { name, run: candidate, comparison, event } of compared) {
      const worse = inClass(judged, 'exact-identifier');
      const [was, is] = [figuresOf(worse, now, k), figuresOf(worse, candidate, k)];
      const [all, then] = [figuresOf(judged, now, k).ndcg, figuresOf(judged, candidate, k).ndcg];
      if (name === 'rewritten') {
        must(
          !comparison.passes,
          () =>
            `“${name}” went live: recall@${k} of ${was.questions} questions for an exact identifier fell from ${shown(was.recall)} to ${shown(is.recall)}, while nDCG of all rose from ${shown(all)} to ${shown(then)}`,
          event,
        );
        must(
          classesIn(comparison).includes('exact-identifier'),
          () => `“${name}” was held back for ${classesIn(comparison)}; what it broke are exact identifiers`,
          event,
        );
      } else
        must(
          comparison.passes,
          () => `“${name}” was held back for noise: ${comparison.regressions.map(told).join('; ')}`,
          event,
        );
    }
    const known = leakedBy(scene.faq);
    const missed = known.filter((id) => !leaks.includes(id));
    must(
      missed.length === 0,
      () => `${missed.length} of ${known.length} judged questions that stand on ${scene.faq.page} weren't noticed`,
      leakedAt,
    );
    const wrongly = leaks.filter((id) => !known.includes(id));
    must(wrongly.length === 0, () => `${wrongly} is said to stand in a passage, and doesn't`, leakedAt);
    mustBe(figures, figuresOf(judged, now, k), `${judged.length} judged questions`);
  },
  { startAt: BEGINS },
);

behaviour('published', 'published worked values come out', ({ seed }) => {
  for (const { source, k, questions, figures, within } of shuffled(seed, 'sources', PUBLISHED)) {
    const judged = questions.map(({ relevant }, n) => question(`q${n}`, 'published', relevant));
    const run = Object.fromEntries(questions.map(({ ranking }, n) => [`q${n}`, ranking]));
    const got = desk({ k }).evaluate(judged, run);
    for (const metric of METRICS)
      must(
        figures[metric] === undefined || near(got[metric], figures[metric], within),
        () => `${NAMES[metric]}@${k} of ${source} is ${shown(figures[metric])}, and came out as ${shown(got[metric])}`,
      );
  }
});

behaviour('graded', 'whatever the grades, the lengths and k: only the first k count', ({ seed }) => {
  for (let n = 0; n < 6; n++) {
    const k = between(seed, `k ${n}`, 1, 12);
    const { judged, run } = anyRun(seed * 31 + n, 12, ['paraphrase']);
    mustBe(desk({ k }).evaluate(judged, run), figuresOf(judged, run, k), `12 questions at ${k}`);
  }
});

behaviour(
  'classes',
  'each class has figures of its own, and all of them together those of the questions',
  ({ seed }) => {
    const { judged, run } = anyRun(seed, 30, ['paraphrase', 'exact-identifier', 'other-tenant']);
    const k = between(seed, 'k', 2, 8);
    const none = [question('n1', 'unanswerable', {}), question('n2', 'unanswerable', {})];
    const all = shuffled(seed, 'order', [...judged, ...none]);
    const got = desk({ k }).evaluate(all, { ...run, n1: ['x'] });
    mustBe(got, figuresOf(judged, run, k), 'all classes');
    for (const name of classesOf(all)) mustBe(got.classes?.[name], figuresOf(inClass(all, name), run, k), name);
  },
);

behaviour('unjudgeable', 'a question of which no passage is relevant says nothing of retrieval', ({ seed }) => {
  const { judged, run } = anyRun(seed, 15, ['paraphrase', 'version-sensitive']);
  const others = Array.from({ length: between(seed, 'others', 1, 8) }, (_, n) =>
    question(
      `n${n}`,
      pick(seed, `class ${n}`, ['paraphrase', 'unanswerable']),
      n % 2 ? {} : { 'p-bad': 0, 'p-off': 0 },
    ),
  );
  const more = { ...run, ...Object.fromEntries(others.map(({ id }) => [id, ['p-bad', 'p-else']])) };
  const all = shuffled(seed, 'order', [...judged, ...others]);
  const what = `${others.length} of ${all.length} questions have no relevant passage`;
  mustBe(desk().evaluate(all, more), figuresOf(judged, run, 5), what);
  const only = desk().evaluate(others, more);
  mustBe(only, { questions: 0, recall: null, reciprocalRank: null, ndcg: null }, 'no question has a relevant passage');
  const { changes } = desk().compare(all, more, more);
  const wrong = changes.find((one) => one.class === 'all' && one.questions !== judged.length);
  must(!wrong, () => `a change of all is over ${wrong?.questions} questions; ${judged.length} can change`);
});

behaviour('not-in-the-run', 'a question that the run does not have found nothing', ({ seed }) => {
  const { judged, run } = anyRun(seed, 20, ['paraphrase', 'multi-passage']);
  const gone = shuffled(seed, 'gone', judged).slice(0, between(seed, 'gone', 1, 12));
  const left = Object.fromEntries(Object.entries(run).filter(([id]) => gone.every((one) => one.id !== id)));
  mustBe(desk().evaluate(judged, left), figuresOf(judged, left, 5), `${gone.length} of 20 questions weren't answered`);

  const kinds = ['paraphrase', 'exact-identifier'] as const;
  const { judged: all, now } = movedBy(kinds.flatMap((name) => times(12, () => ({ class: name, now: 1, next: 1 }))));
  const paraphrases = inClass(all, 'paraphrase').map(({ id }) => [id, now[id] ?? []] as const);
  const compared = desk({ seed }).compare(all, now, Object.fromEntries(paraphrases));
  must(
    classesIn(compared).includes('exact-identifier'),
    'the candidate has no ranking for any of 12 questions for an exact identifier, and is not refused for them',
  );
});

behaviour('once', 'a passage that comes again gains nothing; a grade of 0 is judged and not relevant', ({ seed }) => {
  const { judged, run } = anyRun(seed, 12, ['paraphrase']);
  const twice = Object.fromEntries(
    Object.entries(run).map(([id, ids]) => [id, ids.flatMap((one) => (roll(seed, one) < 0.5 ? [one, one] : [one]))]),
  );
  mustBe(desk({ k: 8 }).evaluate(judged, twice), figuresOf(judged, twice, 8), 'passages came twice');
  const judgedOff = judged.map((one) => ({
    ...one,
    relevant: { ...Object.fromEntries((run[one.id] ?? []).map((id) => [id, 0])), ...one.relevant },
  }));
  mustBe(desk().evaluate(judgedOff, run), figuresOf(judged, run, 5), 'some passages were judged, and graded 0');
});

behaviour('interval', 'an interval is as wide as chance and the confidence make it', ({ seed }) => {
  const count = between(seed, 'questions', 60, 90);
  const [fell, rose] = [between(seed, 'fell', 12, 24), between(seed, 'rose', 12, 24)];
  const moves = times(count, (n) => ({
    class: 'paraphrase',
    now: n < fell || n >= fell + rose ? 1 : 0,
    next: n < fell ? 0 : 1,
  }));
  const { judged, now, candidate } = movedBy(shuffled(seed, 'order', moves));
  const [confidence, deviations] = pick(seed, 'confidence', WITHIN);
  const compared = desk({ confidence, resamples: 1_000, seed }).compare(judged, now, candidate);
  const change = (rose - fell) / count;
  const error = Math.sqrt((fell + rose) / count - change ** 2) / Math.sqrt(count);
  for (const name of ['all', 'paraphrase'])
    for (const metric of METRICS) {
      const got = of(compared, name, metric);
      must(got !== undefined, `a change of ${metric} of ${name} is missing`);
      must(near(got.change, change), () => `${told(got)}; it changed by ${shown(change)}`);
      const off = Math.max(
        Math.abs(got.low - change + deviations * error),
        Math.abs(got.high - change - deviations * error),
      );
      must(
        off <= 0.3 * error + 1 / count,
        () =>
          `${told(got)} at a confidence of ${confidence}: ${fell} questions fell, ${rose} rose, and chance makes ± ${shown(deviations * error)} of it`,
      );
    }
});

behaviour('paired', 'what both runs did with one question stays together', ({ seed }) => {
  const count = between(seed, 'questions', 20, 60);
  const { judged, now, candidate } = lostATenth(seed, count);
  const compared = desk({ k: 10, seed }).compare(judged, now, candidate);
  const got = of(compared, 'multi-passage');
  must(
    got !== undefined && near(got.low, -0.1) && near(got.high, -0.1),
    () => `each of ${count} questions lost a tenth, and the change is said to be ${got && told(got)}`,
  );
  must(!compared.passes, `each of ${count} questions lost a tenth of its passages, and the candidate passed`);
});

behaviour('regression', 'a class that is a little worse throughout is found, and no other is blamed', ({ seed }) => {
  const [worse = 'paraphrase', ...others] = shuffled(seed, 'classes', KINDS);
  const rank = (n: number) => between(seed, `rank ${n}`, 6, 9);
  const moves = [
    ...times(between(seed, 'worse', 12, 30), (n) => ({ class: worse, now: rank(n), next: rank(n) + 1 })),
    ...others.flatMap((name) =>
      times(between(seed, name, 8, 40), (n) => {
        const now = between(seed, `${name} ${n}`, 0, 9);
        return { class: name, now, next: now > 1 ? now - (n % 2) : now };
      }),
    ),
  ];
  const { judged, now, candidate } = movedBy(shuffled(seed, 'order', moves));
  const by = desk({ k: 10, confidence: pick(seed, 'confidence', [0.9, 0.95, 0.99]), seed });
  const compared = by.compare(judged, now, candidate);
  const fell = shown(of(compared, worse, 'ndcg')?.change);
  must(!compared.passes, `every question of ${worse} is a rank lower (nDCG ${fell}), and the candidate passed`);
  const blamed = classesIn(compared).filter((name) => name !== worse && name !== 'all');
  must(blamed.length === 0, () => `${worse} is worse and ${blamed} isn't: ${compared.regressions.map(told)}`);
  const metrics = compared.regressions.filter((one) => one.class === worse).map(({ metric }) => metric);
  must(
    metrics.includes('ndcg') && metrics.includes('reciprocalRank'),
    () =>
      `every question of ${worse} is a rank lower, and what is said to be worse is ${metrics.join(', ') || 'nothing'}`,
  );
  must(!metrics.includes('recall'), `recall of ${worse} is as it was, and is said to be worse`);
  const unsaid = compared.regressions.find(
    ({ class: name, metric }) =>
      !by.events.some(({ type, data }) => type === 'RegressionFound' && data.class === name && data.metric === metric),
  );
  must(!unsaid, () => `a candidate was refused for ${unsaid && told(unsaid)}, and no event says so`);

  const two = Array.from({ length: between(seed, 'two', 12, 20) }, (_, n) =>
    question(`t${n}`, 'multi-passage', { [`t${n}-a`]: 2, [`t${n}-b`]: 2 }),
  );
  const runOf = (ids: readonly string[]) =>
    Object.fromEntries(two.map(({ id }) => [id, ids.map((one) => `${id}-${one}`)]));
  const up = movedBy(times(40, () => ({ class: 'paraphrase', now: 2, next: 1 })));
  const before = { ...up.now, ...runOf(['a', 'x', 'b', 'y']) };
  const sunk = desk({ seed }).compare([...up.judged, ...two], before, {
    ...up.candidate,
    ...runOf(['a', 'x', 'y', 'b']),
  });
  must(
    !sunk.passes,
    () =>
      `the second passage sank by a rank in each of ${two.length} questions of multi-passage, and the candidate passed`,
  );
});

behaviour('noise', 'what chance explains refuses nothing, however often it is looked for', ({ seed }) => {
  const sizes = KINDS.map((name) => ({ name, count: between(seed, name, 9, 24) }));
  const moves = sizes.flatMap(({ name, count }) => noisy(name, count));
  const { judged, now, candidate } = movedBy(shuffled(seed, 'order', moves));
  const by = desk({ confidence: pick(seed, 'confidence', [0.9, 0.95, 0.99]), seed });
  const compared = by.compare(judged, now, candidate);
  must(
    compared.passes && compared.regressions.length === 0,
    () => `3 questions of each class fell and 2 rose; refused for ${compared.regressions.map(told).join('; ')}`,
  );
  must(by.events.length === 0, 'a candidate was let through, and an event says that it is worse');
  const better = by.compare(judged, Object.fromEntries(judged.map(({ id }) => [id, []])), candidate);
  must(better.passes, () => `nothing was found before; refused for ${better.regressions.map(told).join('; ')}`);
  const same = by.compare(judged, now, now);
  const changed = same.changes.find(({ change, low, high }) => change !== 0 || low !== 0 || high !== 0);
  must(same.passes && !changed, () => `a run was held against itself: ${changed ? told(changed) : 'refused'}`);
});

behaviour('few', 'a class of too few questions is compared, and refuses nothing', ({ seed }) => {
  const given = pick(seed, 'given', [undefined, 'some']) ? between(seed, 'fewest', 3, 12) : undefined;
  const fewest = given ?? 6;
  const few = between(seed, 'few', Math.min(2, fewest - 1), fewest - 1);
  for (const count of [few, fewest - 1, fewest]) {
    const fallen = times(count, () => ({ class: 'other-tenant', now: 1, next: 3 }));
    const others = times(60, (n) => ({ class: 'paraphrase', now: n % 2 ? 0 : 2, next: 1 }));
    const { judged, now, candidate } = movedBy(shuffled(seed, 'order', [...fallen, ...others]));
    const compared = desk({ seed, ...(given !== undefined && { fewest: given }) }).compare(judged, now, candidate);
    const rule = `${count} questions of a class fell, and ${given ? '' : 'by default '}${fewest} are the fewest that say anything`;
    must(compared.passes === count < fewest, `${rule}: the candidate ${compared.passes ? 'passed' : 'was refused'}`);
    must(of(compared, 'other-tenant', 'ndcg')?.questions === count, `${rule}: how they changed isn't told`);
  }
});

behaviour('same-again', 'the same runs are compared with the same result, whenever it is done', ({ seed }) => {
  const moves = times(40, (n) => ({
    class: pick(seed, `class ${n}`, ['paraphrase', 'multi-passage']),
    now: between(seed, `now ${n}`, 0, 6),
    next: between(seed, `then ${n}`, 0, 6),
  }));
  const { judged, now, candidate } = movedBy(moves);
  const by = desk({ seed });
  const first = by.compare(judged, now, candidate);
  by.compare(judged, candidate, now);
  const again = [by.compare(judged, now, candidate), desk({ seed }).compare(judged, now, candidate)];
  for (const other of again)
    for (const [n, change] of first.changes.entries()) {
      const then = other.changes[n];
      must(
        JSON.stringify(then) === JSON.stringify(change),
        () => `the same runs, compared again: ${told(change)}, and then ${then && told(then)}`,
      );
    }
});

behaviour(
  'answers',
  'an answer is as faithful as its sentences are proven, and its citations as good as they prove',
  ({ seed }) => {
    const { judged, answers, proves, wanted } = anyAnswers(seed, 24);
    const got = desk().evaluateAnswers(judged, answers, proves);
    const check = (figures: AnswerFigures | undefined, right: AnswerFigures, what: string) => {
      if (!figures && right.answers === 0) return;
      must(
        figures?.answers === right.answers,
        `${what}: ${right.answers} were answered, and ${figures?.answers} counted`,
      );
      for (const metric of ['faithfulness', 'citationPrecision'] as const)
        must(
          near(figures?.[metric], right[metric]),
          () =>
            `${what}: ${metric} of ${right.answers} answers is ${shown(right[metric])}, and came out as ${shown(figures?.[metric])}`,
        );
    };
    check(got, wanted, 'all questions');
    for (const [name, right] of Object.entries(wanted.classes)) check(got.classes?.[name], right, name);
    const silent = Object.fromEntries(judged.map(({ id }) => [id, { given: [`${id}-0`], claims: [] }]));
    const none = { answers: 0, faithfulness: null, citationPrecision: null };
    check(desk().evaluateAnswers(judged, silent, proves), none, 'nothing was answered');
  },
);

behaviour('leaks', 'a judged question is known again however a passage sets it, and only then', ({ seed }) => {
  const some = shuffled(seed, 'quoted', QUOTED).slice(0, between(seed, 'count', 5, QUOTED.length));
  const judged = some.map(({ text }, n) => question(`q${n}`, 'paraphrase', {}, text));
  const filler = Array.from({ length: 5 }, (_, n) =>
    pageOf(`filler-${n}.md`, n === 0 ? '---' : `Nothing is asked here, ${n} times.`),
  );
  const pages = some.map(({ page }, n) =>
    pageOf(`page-${n}.md`, roll(seed, page) < 0.5 ? page : `Asked: “${page}” (${n})`),
  );
  const found = desk().leaks(judged, shuffled(seed, 'pages', [...pages, ...filler]));
  for (const [n, { text, page, leaked, what }] of some.entries())
    must(
      found.includes(`q${n}`) === leaked,
      () =>
        `“${text}” ${leaked ? 'stands' : "doesn't stand"} in “${page}” ${what}, and was ${leaked ? 'not ' : ''}reported`,
    );
  const strange = found.filter((id) => judged.every((one) => one.id !== id));
  must(strange.length === 0, () => `${strange} isn't a judged question, and is reported`);
});

tradeOff(
  'one number hides the class that broke: the mean of all is better, and the candidate is refused for it',
  ({ seed }) => {
    const [broken = 'paraphrase', ...others] = shuffled(seed, 'classes', KINDS);
    const count = between(seed, 'broken', 10, 16);
    const better = others.flatMap((name) =>
      times(between(seed, name, 20, 40), (n) => ({ class: name, now: n % 2 ? 2 : 0, next: 1 })),
    );
    const worse = times(count, (n) => ({
      class: broken,
      now: between(seed, `rank ${n}`, 1, 2),
      next: n === 0 ? 1 : between(seed, `sunk ${n}`, 6, 12),
    }));
    const order = shuffled(seed, 'order', [...better, ...worse]);
    const by = desk({ seed, confidence: pick(seed, 'confidence', [0.9, 0.95, 0.99]) });
    const { judged, now, candidate } = movedBy(order);
    const compared = by.compare(judged, now, candidate);
    const rose = figuresOf(judged, candidate, 5).ndcg;
    must(
      !compared.passes,
      () =>
        `${count - 1} of ${count} questions of ${broken} lost their answer; nDCG of all rose from ${shown(figuresOf(judged, now, 5).ndcg)} to ${shown(rose)}, and the candidate passed`,
    );
    must(
      classesIn(compared).join() === broken,
      () => `${broken} is what broke, and the candidate is refused for ${classesIn(compared).join(', ') || 'nothing'}`,
    );
    const unsaid = METRICS.filter((metric) => compared.regressions.every((one) => one.metric !== metric));
    must(unsaid.length === 0, `${count - 1} of ${count} answers are no longer among 5, and ${unsaid} is said to hold`);
    const whole = movedBy(order.map((move) => (move.class === broken ? { ...move, next: move.now } : move)));
    const passes = by.compare(whole.judged, whole.now, whole.candidate);
    must(passes.passes, () => `no class is worse, and the candidate is refused for ${passes.regressions.map(told)}`);
  },
);
