import type { JudgedQuestion, Passage } from '#answerdesk/knowledge.ts';
import type {
  AnswerFigures,
  AnswerRun,
  Change,
  CreateEvaluator,
  EvaluationSettings,
  Figures,
  GivenAnswer,
  Metric,
  Proves,
  RetrievalRun,
} from '#answerdesk/seams/evaluation.ts';

const METRICS = ['recall', 'reciprocalRank', 'ndcg'] as const satisfies readonly Metric[];
type Scores = Readonly<Record<Metric, number>>;

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
const mean = (numbers: readonly number[]) => (numbers.length === 0 ? null : sum(numbers) / numbers.length);
const dcg = (grades: readonly number[]) => sum(grades.map((grade, place) => grade / Math.log2(place + 2)));
const share = <T>(items: readonly T[], holds: (item: T) => boolean) => items.filter(holds).length / items.length;

/** undefined where nothing is relevant: there is nothing that a retriever could do well or badly. */
function scoresOf({ relevant }: JudgedQuestion, ranking: readonly string[], k: number): Scores | undefined {
  const grades = Object.values(relevant).filter((grade) => grade > 0);
  if (grades.length === 0) return undefined;
  const seen = new Set<string>();
  const found = ranking.slice(0, k).map((id) => {
    const grade = seen.has(id) ? 0 : (relevant[id] ?? 0);
    seen.add(id);
    return grade;
  });
  const first = found.findIndex((grade) => grade > 0);
  return {
    recall: found.filter((grade) => grade > 0).length / grades.length,
    reciprocalRank: first < 0 ? 0 : 1 / (first + 1),
    ndcg: dcg(found) / dcg(grades.sort((a, b) => b - a).slice(0, k)),
  };
}

function figuresOf(judged: readonly JudgedQuestion[], run: RetrievalRun, k: number): Figures {
  const scores = judged.flatMap((question) => scoresOf(question, run[question.id] ?? [], k) ?? []);
  const of = (metric: Metric) => mean(scores.map((one) => one[metric]));
  return { questions: scores.length, recall: of('recall'), reciprocalRank: of('reciprocalRank'), ndcg: of('ndcg') };
}

/** mulberry32 */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Bounds of the middle share of the means over resampled questions; a resample is the same for every metric. */
function interval(differences: readonly number[], { resamples, confidence, seed }: EvaluationSettings) {
  const random = randomFrom(seed);
  const means = new Float64Array(resamples);
  for (let resample = 0; resample < resamples; resample++) {
    let total = 0;
    for (let drawn = 0; drawn < differences.length; drawn++)
      total += differences[Math.floor(random() * differences.length)] as number;
    means[resample] = total / differences.length;
  }
  means.sort();
  const outside = Math.floor((resamples * (1 - confidence)) / 2);
  return { low: means[outside] as number, high: means[resamples - 1 - outside] as number };
}

/** The judged questions as a whole and class by class. */
function groupsOf(judged: readonly JudgedQuestion[]): { name: string; questions: readonly JudgedQuestion[] }[] {
  const names = [...new Set(judged.map((question) => question.class))];
  const classes = names.map((name) => ({ name, questions: judged.filter((one) => one.class === name) }));
  return [{ name: 'all', questions: judged }, ...classes];
}
const byClass = <T>(judged: readonly JudgedQuestion[], of: (questions: readonly JudgedQuestion[]) => T) =>
  Object.fromEntries(
    groupsOf(judged)
      .slice(1)
      .map(({ name, questions }) => [name, of(questions)]),
  );

function answerFigures(judged: readonly JudgedQuestion[], answers: AnswerRun, proves: Proves): AnswerFigures {
  const given = judged.flatMap(({ id }) => answers[id] ?? []).filter(({ claims }) => claims.length > 0);
  const faithful = (answer: GivenAnswer) =>
    share(answer.claims, ({ text }) => answer.given.some((id) => proves(text, id)));
  const precise = ({ given, claims }: GivenAnswer) => {
    const citations = claims.flatMap(({ text, cites }) => cites.map((id) => ({ text, id })));
    return citations.length === 0 ? [] : share(citations, ({ text, id }) => given.includes(id) && proves(text, id));
  };
  const citationPrecision = mean(given.flatMap(precise));
  return { answers: given.length, faithfulness: mean(given.map(faithful)), citationPrecision };
}

/** Words alone, a space on either side of each: whatever a page does to a question that it quotes. */
const plain = (text: string) =>
  ` ${text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim()} `;

export const createEvaluator: CreateEvaluator = ({ emit }, settings) => {
  const { k, fewest = 6 } = settings;

  const changesOf = (judged: readonly JudgedQuestion[], now: RetrievalRun, candidate: RetrievalRun): Change[] =>
    groupsOf(judged).flatMap(({ name, questions }) => {
      const pairs = questions.flatMap((question) => {
        const before = scoresOf(question, now[question.id] ?? [], k);
        const after = scoresOf(question, candidate[question.id] ?? [], k);
        return before && after ? [{ before, after }] : [];
      });
      if (pairs.length === 0) return [];
      return METRICS.map((metric) => {
        const differences = pairs.map(({ before, after }) => after[metric] - before[metric]);
        const change = sum(differences) / differences.length;
        return { class: name, metric, questions: pairs.length, change, ...interval(differences, settings) };
      });
    });

  return {
    evaluate: (judged, run) => ({
      ...figuresOf(judged, run, k),
      classes: byClass(judged, (questions) => figuresOf(questions, run, k)),
    }),

    compare(judged, now, candidate) {
      const changes = changesOf(judged, now, candidate);
      const regressions = changes.filter((one) => one.high < 0 && (one.class === 'all' || one.questions >= fewest));
      for (const regression of regressions) emit({ type: 'RegressionFound', data: { ...regression } });
      return { passes: regressions.length === 0, changes, regressions };
    },

    evaluateAnswers: (judged, answers, proves) => ({
      ...answerFigures(judged, answers, proves),
      classes: byClass(judged, (questions) => answerFigures(questions, answers, proves)),
    }),

    leaks(judged: readonly JudgedQuestion[], passages: readonly Passage[]) {
      const texts = passages.map(({ text }) => plain(text));
      const stands = (question: string) => question.trim() !== '' && texts.some((text) => text.includes(question));
      return judged.filter(({ text }) => stands(plain(text))).map(({ id }) => id);
    },
  };
};
