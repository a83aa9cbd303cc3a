// Closures over columns of numbers; the interval from the bootstrap's standard error, the draws from SHA-256, and a gate that is stricter by how many changes it looks at (Bonferroni). Classes of which nothing can be said are left out.
import { createHash } from 'node:crypto';
import type { JudgedQuestion } from '#answerdesk/knowledge.ts';
import type {
  AnswerFigures,
  Change,
  CreateEvaluator,
  Figures,
  Metric,
  RetrievalRun,
} from '#answerdesk/seams/evaluation.ts';

type Columns = Record<Metric, number[]>;
const average = (column: readonly number[]) => column.reduce((total, one) => total + one / column.length, 0);
const orNull = (column: readonly number[]) => (column.length > 0 ? average(column) : null);

/** The normal distribution's quantile, by bisection of its integral (Abramowitz and Stegun 7.1.26). */
function quantile(share: number): number {
  const below = (z: number) => {
    const t = 1 / (1 + (0.3275911 * Math.abs(z)) / Math.SQRT2);
    const poly = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
    const half = (poly * Math.exp((-z * z) / 2)) / 2;
    return z < 0 ? half : 1 - half;
  };
  let [low, high] = [-8, 8];
  for (let n = 0; n < 60; n++) {
    const middle = (low + high) / 2;
    if (below(middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

const drawn = new Map<string, Int32Array>();
/** Places of questions, one resample after the other. */
function draws(seed: number, count: number, resamples: number): Int32Array {
  const key = `${seed} ${count} ${resamples}`;
  let places = drawn.get(key);
  if (places) return places;
  places = new Int32Array(count * resamples);
  let bytes = createHash('sha256').update(key).digest();
  for (let n = 0; n < places.length; n++) {
    const at = (n % 8) * 4;
    if (n > 0 && at === 0) bytes = createHash('sha256').update(bytes).digest();
    places[n] = bytes.readUInt32LE(at) % count;
  }
  drawn.set(key, places);
  return places;
}

export const createEvaluator: CreateEvaluator = ({ emit }, { k, resamples, confidence, seed, fewest = 6 }) => {
  const discount = Array.from({ length: k }, (_, n) => 1 / Math.log2(n + 2));
  const best = (grades: number[]) =>
    discount.reduce((total, one, n) => total + one * (grades.sort((a, b) => b - a)[n] ?? 0), 0);

  function columns(judged: readonly JudgedQuestion[], run: RetrievalRun): Columns {
    const scores: Columns = { recall: [], reciprocalRank: [], ndcg: [] };
    for (const { id, relevant } of judged) {
      const grades = Object.values(relevant).filter((grade) => grade > 0);
      if (!grades.length) continue;
      const ids = (run[id] ?? []).slice(0, k);
      const gains = ids.map((one, n) => (ids.indexOf(one) < n ? 0 : Math.max(0, relevant[one] ?? 0)));
      const rank = gains.findIndex((gain) => gain > 0) + 1;
      scores.recall.push(gains.filter(Boolean).length / grades.length);
      scores.reciprocalRank.push(rank && 1 / rank);
      scores.ndcg.push(gains.reduce((total, gain, n) => total + gain * (discount[n] ?? 0), 0) / best(grades));
    }
    return scores;
  }
  const groups = (judged: readonly JudgedQuestion[]) =>
    [...new Set(judged.map((one) => one.class))].map(
      (name) => [name, judged.filter((one) => one.class === name)] as const,
    );
  const figures = (judged: readonly JudgedQuestion[], run: RetrievalRun): Figures => {
    const { recall, reciprocalRank, ndcg } = columns(judged, run);
    return {
      questions: recall.length,
      recall: orNull(recall),
      reciprocalRank: orNull(reciprocalRank),
      ndcg: orNull(ndcg),
    };
  };

  function errorOf(each: readonly number[]): number {
    const places = draws(seed, each.length, resamples);
    const means = new Float64Array(resamples);
    places.forEach((place, n) => {
      const resample = Math.floor(n / each.length);
      means[resample] = (means[resample] as number) + (each[place] as number) / each.length;
    });
    const middle = means.reduce((total, one) => total + one, 0) / resamples;
    return Math.sqrt(means.reduce((total, one) => total + (one - middle) ** 2, 0) / resamples);
  }

  return {
    evaluate: (judged, run) => {
      const classes = groups(judged).map(([name, some]) => [name, figures(some, run)] as const);
      return { ...figures(judged, run), classes: Object.fromEntries(classes.filter(([, one]) => one.questions > 0)) };
    },
    compare(judged, now, candidate) {
      const compared = [['all', judged] as const, ...groups(judged)].flatMap(([name, some]) => {
        const [before, after] = [columns(some, now), columns(some, candidate)];
        if (before.recall.length === 0) return [];
        return (['recall', 'ndcg', 'reciprocalRank'] as const).map((metric) => {
          const each = after[metric].map((score, n) => score - (before[metric][n] ?? 0));
          return { name, metric, each, change: average(each), error: errorOf(each) };
        });
      });
      const z = quantile(1 - (1 - confidence) / 2);
      const corrected = quantile(1 - (1 - confidence) / 2 / compared.length);
      const regressions: Change[] = [];
      const changes = compared.map(({ name, metric, each, change, error }): Change => {
        const one = {
          class: name,
          metric,
          questions: each.length,
          change,
          low: change - z * error,
          high: change + z * error,
        };
        const says = name === 'all' || each.length >= fewest;
        if (says && change + corrected * error < -1e-12) regressions.push(one);
        return one;
      });
      for (const data of regressions) emit({ type: 'RegressionFound', data: { ...data } });
      return { passes: !regressions.length, changes, regressions };
    },
    evaluateAnswers(judged, answers, proves) {
      const of = (some: readonly JudgedQuestion[]): AnswerFigures => {
        const spoken = some.map(({ id }) => answers[id]).filter((one) => one !== undefined && one.claims.length > 0);
        const faithful: number[] = [];
        const precise: number[] = [];
        for (const { given, claims } of spoken as NonNullable<(typeof spoken)[number]>[]) {
          faithful.push(average(claims.map(({ text }) => Number(given.some((id) => proves(text, id))))));
          const right = claims.flatMap(({ text, cites }) =>
            cites.map((id) => Number(new Set(given).has(id) && proves(text, id))),
          );
          if (right.length) precise.push(average(right));
        }
        return { answers: spoken.length, faithfulness: orNull(faithful), citationPrecision: orNull(precise) };
      };
      return {
        ...of(judged),
        classes: Object.fromEntries(groups(judged).map(([name, some]) => [name, of(some)])),
      };
    },
    leaks(judged, passages) {
      const words = (text: string) =>
        (
          text
            .normalize('NFKC')
            .toLowerCase()
            .match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
        ).join(' ');
      const all = ` ${passages.map(({ text }) => words(text)).join(' \n ')} `;
      const asked = judged.map(({ id, text }) => ({ id, words: words(text) }));
      return asked.filter(({ words }) => words && all.includes(` ${words} `)).map(({ id }) => id);
    },
  };
};
