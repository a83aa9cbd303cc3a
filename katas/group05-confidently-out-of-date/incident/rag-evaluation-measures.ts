import type { JudgedQuestion } from '#answerdesk/knowledge.ts';
import type { Figures, Metric, RetrievalRun } from '#answerdesk/seams/evaluation.ts';

export const METRICS = ['recall', 'reciprocalRank', 'ndcg'] as const satisfies readonly Metric[];
export type Scores = Readonly<Record<Metric, number>>;

const gain = (grade: number, place: number): number => grade / Math.log2(place + 2);
const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
export const mean = (numbers: readonly number[]): number => sum(numbers) / numbers.length;

export const isJudgeable = ({ relevant }: JudgedQuestion): boolean =>
  Object.values(relevant).some((grade) => grade > 0);

/** What one question scores; it has a relevant passage. */
export function scoresOf({ relevant }: JudgedQuestion, ranking: readonly string[] = [], k: number): Scores {
  const grades = Object.values(relevant).filter((grade) => grade > 0);
  const found = ranking.slice(0, k).map((id, place) => (ranking.indexOf(id) === place ? (relevant[id] ?? 0) : 0));
  const first = found.findIndex((grade) => grade > 0);
  const best = grades.toSorted((a, b) => b - a).slice(0, k);
  return {
    recall: found.filter((grade) => grade > 0).length / grades.length,
    reciprocalRank: first < 0 ? 0 : 1 / (first + 1),
    ndcg: sum(found.map(gain)) / sum(best.map(gain)),
  };
}

/** The figures as they are right, of all questions or of a class. */
export function figuresOf(judged: readonly JudgedQuestion[], run: RetrievalRun, k: number): Figures {
  const scores = judged.filter(isJudgeable).map((question) => scoresOf(question, run[question.id], k));
  const of = (metric: Metric) => (scores.length === 0 ? null : mean(scores.map((one) => one[metric])));
  return { questions: scores.length, recall: of('recall'), reciprocalRank: of('reciprocalRank'), ndcg: of('ndcg') };
}

export const classesOf = (judged: readonly JudgedQuestion[]): string[] => [
  ...new Set(judged.map((question) => question.class)),
];
export const inClass = (judged: readonly JudgedQuestion[], name: string): readonly JudgedQuestion[] =>
  name === 'all' ? judged : judged.filter((question) => question.class === name);

/** How a metric changed: `error` is the standard error of the mean, over the questions' own changes. */
export interface Changed {
  class: string;
  metric: Metric;
  questions: number;
  change: number;
  error: number;
  /** Questions that are worse. */
  fell: number;
}

export function changesOf(
  judged: readonly JudgedQuestion[],
  now: RetrievalRun,
  candidate: RetrievalRun,
  k: number,
): Changed[] {
  return ['all', ...classesOf(judged)].flatMap((name) => {
    const questions = inClass(judged, name).filter(isJudgeable);
    if (questions.length === 0) return [];
    const pairs = questions.map((one) => [scoresOf(one, now[one.id], k), scoresOf(one, candidate[one.id], k)] as const);
    return METRICS.map((metric) => {
      const each = pairs.map(([before, after]) => after[metric] - before[metric]);
      const change = mean(each);
      const error = Math.sqrt(mean(each.map((one) => (one - change) ** 2)) / each.length);
      const fell = each.filter((one) => one < 0).length;
      return { class: name, metric, questions: each.length, change, error, fell };
    });
  });
}

/** Worse by so much that no fair test calls it chance. */
export const isBroken = ({ questions, change, error, fell }: Changed): boolean =>
  questions >= 8 && fell >= 5 && change < -3.5 * error;
/** So little worse, if at all, that no fair test calls it a regression. */
export const isHarmless = ({ change, error }: Changed): boolean => change >= -0.6 * error;
