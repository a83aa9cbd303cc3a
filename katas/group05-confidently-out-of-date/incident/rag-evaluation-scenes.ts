import type { JudgedQuestion, Passage } from '#answerdesk/knowledge.ts';
import type { AnswerEvaluation, AnswerFigures, AnswerRun, Metric, RetrievalRun } from '#answerdesk/seams/evaluation.ts';
import { between, pick, roll, shuffled } from '#kit/seeded.ts';
import { classesOf, inClass, mean } from './rag-evaluation-measures.ts';

export const question = (
  id: string,
  kind: string,
  relevant: Record<string, number>,
  text = `What of ${id}?`,
): JudgedQuestion => ({ id, class: kind, text, relevant });

/** What somebody published: rankings with their judgements, and what comes out. */
export interface Published {
  source: string;
  k: number;
  questions: readonly { relevant: Record<string, number>; ranking: readonly string[] }[];
  figures: Partial<Record<Metric, number>>;
  /** As far as it is printed. */
  within: number;
}
const graded = (grades: readonly number[], others: Record<string, number> = {}) => ({
  relevant: { ...Object.fromEntries(grades.map((grade, n) => [`d${n + 1}`, grade])), ...others },
  ranking: grades.map((_, n) => `d${n + 1}`),
});
const plural = (ranking: string[], right: string) => ({ relevant: { [right]: 1 }, ranking });
const dog = (n: number) => `dog ${n + 1}`;

export const PUBLISHED: readonly Published[] = [
  {
    source: "Wikipedia's example of DCG (grades 3, 2, 3, 0, 1, 2; a 3 and a 2 not found)",
    k: 6,
    questions: [graded([3, 2, 3, 0, 1, 2], { d7: 3, d8: 2 })],
    figures: { ndcg: 0.785 },
    within: 0.0005,
  },
  {
    source: "ranx's README",
    k: 5,
    questions: [
      { relevant: { d12: 5, d25: 3 }, ranking: ['d12', 'd23', 'd25', 'd36', 'd32', 'd35'] },
      { relevant: { d11: 6, d22: 1 }, ranking: ['d12', 'd11', 'd25', 'd36', 'd22', 'd35'] },
    ],
    figures: { ndcg: 0.7861, reciprocalRank: 0.75 },
    within: 0.00005,
  },
  {
    source: "scikit-learn's example of ndcg_score (relevance 10, 0, 0, 1, 5)",
    k: 5,
    questions: [graded([5, 1, 0, 0, 10])],
    figures: { ndcg: 0.695 },
    within: 0.005,
  },
  {
    source: "scikit-learn's second example of ndcg_score, k=4",
    k: 4,
    questions: [graded([0, 0, 1, 10, 5])],
    figures: { ndcg: 0.355 },
    within: 0.005,
  },
  {
    source: "Wikipedia's example of MRR (cats, tori, viruses)",
    k: 3,
    questions: [
      plural(['catten', 'cati', 'cats'], 'cats'),
      plural(['torii', 'tori', 'toruses'], 'tori'),
      plural(['viruses', 'virii', 'viri'], 'viruses'),
    ],
    figures: { reciprocalRank: 11 / 18 },
    within: 1e-9,
  },
  {
    source: "Wikipedia's example of recall (8 animals called dogs, 5 of the 12 dogs among them)",
    k: 8,
    questions: [
      {
        relevant: Object.fromEntries(Array.from({ length: 12 }, (_, n) => [dog(n), 1])),
        ranking: [dog(0), 'cat 1', dog(3), dog(4), 'cat 2', 'cat 3', dog(7), dog(11)],
      },
    ],
    figures: { recall: 5 / 12 },
    within: 1e-9,
  },
];

/** Judged questions and what was found for them; grades and lengths vary. */
export function anyRun(seed: number, count: number, kinds: readonly [string, ...string[]]) {
  const judged = Array.from({ length: count }, (_, n) => {
    const found = between(seed, `relevant ${n}`, 1, 9);
    const grades = Array.from({ length: found }, (_, m) => [`p${n}-${m}`, between(seed, `grade ${n} ${m}`, 1, 4)]);
    return question(`q${n}`, pick(seed, `class ${n}`, kinds), Object.fromEntries(grades));
  });
  const run = Object.fromEntries(
    judged.map(({ id, relevant }) => {
      const pool = [...Object.keys(relevant), ...Array.from({ length: 8 }, (_, n) => `${id}-other-${n}`)];
      return [id, shuffled(seed, `ranking ${id}`, pool).slice(0, between(seed, `length ${id}`, 0, 17))];
    }),
  );
  return { judged, run };
}

/** One question each, with one relevant passage: its rank now and in the candidate's run; 0: not found. */
export interface Moved {
  class: string;
  now: number;
  next: number;
}
export function movedBy(moves: readonly Moved[]) {
  const judged: JudgedQuestion[] = [];
  const [now, candidate]: Record<string, string[]>[] = [{}, {}];
  const ranking = (id: string, rank: number) =>
    Array.from({ length: 12 }, (_, n) => (n + 1 === rank ? `${id}-right` : `${id}-${n}`));
  moves.forEach((move, n) => {
    const id = `q${n}`;
    judged.push(question(id, move.class, { [`${id}-right`]: 2 }));
    if (now) now[id] = ranking(id, move.now);
    if (candidate) candidate[id] = ranking(id, move.next);
  });
  return { judged, now: now as RetrievalRun, candidate: candidate as RetrievalRun };
}
export const times = (count: number, move: (n: number) => Moved): Moved[] =>
  Array.from({ length: count }, (_, n) => move(n));

/** Answers, what a judge says of them, and the figures that follow. */
export function anyAnswers(seed: number, count: number) {
  const judged: JudgedQuestion[] = [];
  const answers: Record<string, AnswerRun[string]> = {};
  const proven = new Set<string>();
  const proves = (sentence: string, passage: string) => proven.has(`${passage} ${sentence}`);
  for (let n = 0; n < count; n++) {
    const id = `q${n}`;
    const kind = pick(seed, `class ${n}`, ['paraphrase', 'multi-passage', 'unanswerable']);
    judged.push(question(id, kind, kind === 'unanswerable' ? {} : { [`${id}-0`]: 2 }));
    const given = Array.from({ length: between(seed, `given ${n}`, 1, 4) }, (_, m) => `${id}-${m}`);
    const claims = Array.from({ length: between(seed, `claims ${n}`, 0, 4) }, (_, m) => {
      const text = `Sentence ${m} of ${n}.`;
      const all = [...given, `${id}-not-given`];
      for (const passage of all) if (roll(seed, `proves ${passage} ${text}`) < 0.3) proven.add(`${passage} ${text}`);
      return { text, cites: all.filter((passage) => roll(seed, `cites ${passage} ${text}`) < 0.4) };
    });
    if (roll(seed, `asked ${n}`) < 0.9) answers[id] = { given, claims };
  }
  const figures = (questions: readonly JudgedQuestion[]): AnswerFigures => {
    const all = questions.flatMap(({ id }) => answers[id] ?? []).filter(({ claims }) => claims.length > 0);
    const or = (numbers: readonly number[]) => (numbers.length === 0 ? null : mean(numbers));
    const isProven = (text: string, given: readonly string[]) => given.some((id) => proves(text, id));
    const faithful = all.map(({ claims, given }) => mean(claims.map(({ text }) => (isProven(text, given) ? 1 : 0))));
    const right = all.map(({ claims, given }) =>
      claims.flatMap(({ text, cites }) => cites.map((id) => (given.includes(id) && proves(text, id) ? 1 : 0))),
    );
    const cited = right.filter(({ length }) => length > 0);
    return { answers: all.length, faithfulness: or(faithful), citationPrecision: or(cited.map(mean)) };
  };
  const classes = Object.fromEntries(classesOf(judged).map((name) => [name, figures(inClass(judged, name))]));
  const wanted: AnswerEvaluation = { ...figures(judged), classes };
  return { judged, answers, proves, wanted };
}

/** Questions, each with a text and whether it is the question. */
export const QUOTED: readonly { text: string; page: string; leaked: boolean; what: string }[] = [
  { text: 'Где мои деньги за заказ?', page: '**ГДЕ МОИ\u00a0ДЕНЬГИ** за заказ', leaked: true, what: 'in capitals' },
  { text: 'Где моя посылка из Вены?', page: 'Где искать ответ, мы не знаем.', leaked: false, what: 'elsewhere' },
  {
    text: 'Wie ändere ich die Größe einer Anfrage?',
    page: 'wie a\u0308ndere ich die gro\u0308ße einer anfrage',
    leaked: true,
    what: 'decomposed',
  },
  {
    text: 'Which file is read first?',
    page: 'FAQ: which \ufb01le is read\nfirst - see below',
    leaked: true,
    what: 'with ligatures',
  },
  {
    text: 'May the server listen on port 80',
    page: 'May the server listen on port 8080? It may.',
    leaked: false,
    what: 'with 8080 for 80',
  },
  {
    text: 'And where is the log kept?',
    page: 'Husband where is the log kept?',
    leaked: false,
    what: 'within another word',
  },
  {
    text: 'Does a plugin see the hooks of its parent?',
    page: 'The parent of a plugin: does its hooks see?',
    leaked: false,
    what: 'in another order',
  },
  {
    text: 'Can I close a route while it is answering?',
    page: 'Can I close a route, as some ask, while it is answering?',
    leaked: false,
    what: 'with words between',
  },
  {
    text: 'What does `reply.hijack()` do to hooks?',
    page: 'What does reply.hijack do to hooks',
    leaked: true,
    what: '',
  },
  { text: '???', page: 'What ??? means.', leaked: false, what: 'without a word' },
];
export const pageOf = (id: string, text: string): Passage => {
  const metadata = { tenant: 'northwind' };
  return { id: `${id}#0-${text.length}`, page: id, start: 0, end: text.length, headings: [], text, metadata };
};

/** Three fall out and two come in: worse by one question, and no test sees more than chance in it. */
export const noisy = (name: string, count: number): Moved[] =>
  times(count, (n) => ({ class: name, now: n < 3 || n > 4 ? 1 : 0, next: n < 3 ? 0 : 1 }));

/** Questions of which each has ten relevant passages, found in any number, and one fewer in the candidate's run. */
export function lostATenth(seed: number, count: number) {
  const questions = Array.from({ length: count }, (_, n) => {
    const ids = Array.from({ length: 10 }, (_, m) => `q${n}-${m}`);
    return { id: `q${n}`, ids, found: between(seed, `found ${n}`, 1, 10) };
  });
  const judged = questions.map(({ id, ids }) =>
    question(id, 'multi-passage', Object.fromEntries(ids.map((one) => [one, 1]))),
  );
  const run = (fewer: number): RetrievalRun =>
    Object.fromEntries(questions.map(({ id, ids, found }) => [id, ids.slice(0, found - fewer)]));
  return { judged, now: run(0), candidate: run(1) };
}

/** Of the normal distribution: what share lies within how many deviations. */
export const WITHIN: [[number, number], ...[number, number][]] = [
  [0.5, 0.674],
  [0.6, 0.842],
  [0.8, 1.282],
  [0.9, 1.645],
];

export const KINDS = ['paraphrase', 'exact-identifier', 'version-sensitive', 'multi-passage'] as const;
