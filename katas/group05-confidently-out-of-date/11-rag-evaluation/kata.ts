import type { JudgedQuestion } from '#answerdesk/knowledge.ts';
import type { Change, CreateEvaluator, Metric, RetrievalRun } from '#answerdesk/seams/evaluation.ts';

const METRICS: readonly Metric[] = ['recall', 'reciprocalRank', 'ndcg'];
/** So much is noise. */
const NOISE = 0.02;

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
const mean = (numbers: readonly number[]) => sum(numbers) / Math.max(1, numbers.length);
const dcg = (grades: readonly number[]) => sum(grades.map((grade, place) => grade / Math.log2(place + 2)));

export const createEvaluator: CreateEvaluator = ({ emit }, { k }) => {
  function scoresOf({ id, relevant }: JudgedQuestion, run: RetrievalRun): Record<Metric, number> {
    const all = Object.values(relevant);
    const found = (run[id] ?? []).slice(0, k).map((passage) => relevant[passage] ?? 0);
    const first = found.findIndex((grade) => grade > 0);
    const best = [...all].sort((a, b) => b - a).slice(0, k);
    return {
      recall: found.filter((grade) => grade > 0).length / Math.max(1, all.length),
      reciprocalRank: first < 0 ? 0 : 1 / (first + 1),
      ndcg: best.length === 0 ? 0 : dcg(found) / dcg(best),
    };
  }

  // TODO: a mean is over the questions that say something about retrieval, and a class of questions has its own.
  function figuresOf(judged: readonly JudgedQuestion[], run: RetrievalRun) {
    const scores = judged.filter(({ id }) => run[id]).map((question) => scoresOf(question, run));
    const of = (metric: Metric) => mean(scores.map((one) => one[metric]));
    return { questions: scores.length, recall: of('recall'), reciprocalRank: of('reciprocalRank'), ndcg: of('ndcg') };
  }

  return {
    evaluate: (judged, run) => ({ ...figuresOf(judged, run), classes: {} }),

    // TODO: a candidate is refused for whatever it breaks, and for nothing that may be chance.
    compare(judged, now, candidate) {
      const [before, after] = [figuresOf(judged, now), figuresOf(judged, candidate)];
      const changes = METRICS.map((metric): Change => {
        const change = after[metric] - before[metric];
        return { class: 'all', metric, questions: after.questions, change, low: change - NOISE, high: change + NOISE };
      });
      const regressions = changes.filter(({ metric, high }) => metric === 'ndcg' && high < 0);
      for (const regression of regressions) emit({ type: 'RegressionFound', data: { ...regression } });
      return { passes: regressions.length === 0, changes, regressions };
    },

    // TODO: a sentence counts for what proves it, and an answer for its own sentences.
    evaluateAnswers(judged, answers) {
      const all = judged.flatMap(({ id }) => answers[id] ?? []);
      const faithfulness = mean(all.map(({ claims }) => mean(claims.map(({ cites }) => (cites.length > 0 ? 1 : 0)))));
      const citations = all.flatMap(({ given, claims }) =>
        claims.flatMap(({ cites }) => cites.map((id) => (given.includes(id) ? 1 : 0))),
      );
      return { answers: all.length, faithfulness, citationPrecision: mean(citations), classes: {} };
    },

    // TODO: a question is known again, however a page sets it.
    leaks: (judged, passages) =>
      judged.filter(({ text }) => passages.some((passage) => passage.text.includes(text))).map(({ id }) => id),
  };
};
