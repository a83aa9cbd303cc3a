// Classes, one pass for each group; the basic bootstrap (the percentiles, turned round the change), a xorshift, and accents taken off before texts are compared.
import type { JudgedQuestion, Passage } from '#answerdesk/knowledge.ts';
import type {
  AnswerEvaluation,
  AnswerFigures,
  AnswerRun,
  Change,
  Comparison,
  CreateEvaluator,
  Evaluation,
  EvaluationSettings,
  Evaluator,
  EvaluatorPorts,
  Figures,
  Metric,
  Proves,
  RetrievalRun,
} from '#answerdesk/seams/evaluation.ts';

class Mean {
  #count = 0;
  #value = 0;
  add(one: number): void {
    this.#count++;
    this.#value += (one - this.#value) / this.#count;
  }
  get count(): number {
    return this.#count;
  }
  get value(): number | null {
    return this.#count === 0 ? null : this.#value;
  }
}

class Ranking {
  readonly recall: number;
  readonly reciprocalRank: number;
  readonly ndcg: number;

  constructor(relevant: ReadonlyMap<string, number>, ids: readonly string[], k: number) {
    const left = new Map(relevant);
    let [dcg, ideal, hits, first] = [0, 0, 0, 0];
    for (const [place, id] of ids.entries()) {
      if (place >= k) break;
      const grade = left.get(id);
      if (grade === undefined) continue;
      left.delete(id);
      hits++;
      dcg += grade / Math.log2(2 + place);
      if (first === 0) first = 1 / (place + 1);
    }
    const grades = [...relevant.values()].sort((a, b) => b - a);
    for (const [place, grade] of grades.entries()) if (place < k) ideal += grade / Math.log2(2 + place);
    this.recall = hits / relevant.size;
    this.reciprocalRank = first;
    this.ndcg = dcg / ideal;
  }
}

class Xorshift {
  #state: number;
  constructor(seed: number) {
    this.#state = (Math.imul(seed, 2654435761) ^ 0x9e3779b9) | 1;
  }
  below(limit: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) % limit;
  }
}

const relevantOf = ({ relevant }: JudgedQuestion) => new Map(Object.entries(relevant).filter(([, grade]) => grade > 0));

class ReleaseEvaluator implements Evaluator {
  readonly #emit: EvaluatorPorts['emit'];
  readonly #settings: EvaluationSettings;

  constructor({ emit }: EvaluatorPorts, settings: EvaluationSettings) {
    this.#emit = emit;
    this.#settings = settings;
  }

  evaluate(judged: readonly JudgedQuestion[], run: RetrievalRun): Evaluation {
    return { ...this.#figures(judged, run), classes: this.#perClass(judged, (some) => this.#figures(some, run)) };
  }

  compare(judged: readonly JudgedQuestion[], now: RetrievalRun, candidate: RetrievalRun): Comparison {
    const changes: Change[] = this.#changes('all', judged, now, candidate);
    for (const [name, questions] of this.#classes(judged))
      changes.push(...this.#changes(name, questions, now, candidate));
    const { fewest = 6 } = this.#settings;
    const regressions = changes.filter(({ class: name, questions, high }) => {
      if (name !== 'all' && questions < fewest) return false;
      return high < 0;
    });
    for (const one of regressions) this.#emit({ type: 'RegressionFound', data: { ...one } });
    return { passes: regressions.length === 0, changes, regressions };
  }

  evaluateAnswers(judged: readonly JudgedQuestion[], answers: AnswerRun, proves: Proves): AnswerEvaluation {
    const of = (some: readonly JudgedQuestion[]) => this.#answerFigures(some, answers, proves);
    return { ...of(judged), classes: this.#perClass(judged, of) };
  }

  leaks(judged: readonly JudgedQuestion[], passages: readonly Passage[]): string[] {
    const words = (text: string) =>
      text
        .normalize('NFKD')
        .replace(/\p{M}/gu, '')
        .toLowerCase()
        .match(/[\p{L}\p{N}]+/gu) ?? [];
    const known = passages.map(({ text }) => `|${words(text).join('|')}|`);
    const leaked: string[] = [];
    for (const { id, text } of judged) {
      const asked = words(text);
      if (asked.length > 0 && known.some((passage) => passage.includes(`|${asked.join('|')}|`))) leaked.push(id);
    }
    return leaked;
  }

  #classes(judged: readonly JudgedQuestion[]): Map<string, JudgedQuestion[]> {
    const classes = new Map<string, JudgedQuestion[]>();
    for (const question of judged) classes.set(question.class, [...(classes.get(question.class) ?? []), question]);
    return classes;
  }

  #perClass<T>(judged: readonly JudgedQuestion[], of: (some: readonly JudgedQuestion[]) => T): Record<string, T> {
    const figures: Record<string, T> = {};
    for (const [name, questions] of this.#classes(judged)) figures[name] = of(questions);
    return figures;
  }

  #figures(judged: readonly JudgedQuestion[], run: RetrievalRun): Figures {
    const [recall, reciprocalRank, ndcg] = [new Mean(), new Mean(), new Mean()];
    for (const question of judged) {
      const relevant = relevantOf(question);
      if (relevant.size === 0) continue;
      const ranking = new Ranking(relevant, run[question.id] ?? [], this.#settings.k);
      recall.add(ranking.recall);
      reciprocalRank.add(ranking.reciprocalRank);
      ndcg.add(ranking.ndcg);
    }
    return { questions: recall.count, recall: recall.value, reciprocalRank: reciprocalRank.value, ndcg: ndcg.value };
  }

  #changes(name: string, judged: readonly JudgedQuestion[], now: RetrievalRun, candidate: RetrievalRun): Change[] {
    const { k } = this.#settings;
    const questions = judged.filter((question) => relevantOf(question).size > 0);
    if (questions.length === 0) return [];
    const metrics: readonly Metric[] = ['ndcg', 'recall', 'reciprocalRank'];
    return metrics.map((metric) => {
      const each = questions.map((question) => {
        const relevant = relevantOf(question);
        const score = (run: RetrievalRun) => new Ranking(relevant, run[question.id] ?? [], k)[metric];
        return score(candidate) - score(now);
      });
      const change = each.reduce((total, one) => total + one, 0) / each.length;
      return { class: name, metric, questions: each.length, change, ...this.#interval(each, change) };
    });
  }

  #interval(each: readonly number[], change: number): { low: number; high: number } {
    const { resamples, confidence, seed } = this.#settings;
    const random = new Xorshift(seed);
    const means: number[] = [];
    while (means.length < resamples) {
      let total = 0;
      for (let n = 0; n < each.length; n++) total += each[random.below(each.length)] ?? 0;
      means.push(total / each.length);
    }
    means.sort((a, b) => a - b);
    const at = (share: number) =>
      means[Math.min(resamples - 1, Math.max(0, Math.round(share * (resamples - 1))))] ?? change;
    const rest = (1 - confidence) / 2;
    return { low: 2 * change - at(1 - rest), high: 2 * change - at(rest) };
  }

  #answerFigures(judged: readonly JudgedQuestion[], answers: AnswerRun, proves: Proves): AnswerFigures {
    const [faithfulness, precision] = [new Mean(), new Mean()];
    for (const { id } of judged) {
      const { given = [], claims = [] } = answers[id] ?? {};
      if (claims.length === 0) continue;
      const [proven, right] = [new Mean(), new Mean()];
      for (const { text, cites } of claims) {
        proven.add(given.some((passage) => proves(text, passage)) ? 1 : 0);
        for (const passage of cites) right.add(given.includes(passage) && proves(text, passage) ? 1 : 0);
      }
      faithfulness.add(proven.value ?? 0);
      if (right.value !== null) precision.add(right.value);
    }
    return { answers: faithfulness.count, faithfulness: faithfulness.value, citationPrecision: precision.value };
  }
}

export const createEvaluator: CreateEvaluator = (ports, settings) => {
  const evaluator = new ReleaseEvaluator(ports, settings);
  return {
    evaluate: (judged, run) => evaluator.evaluate(judged, run),
    compare: (judged, now, candidate) => evaluator.compare(judged, now, candidate),
    evaluateAnswers: (judged, answers, proves) => evaluator.evaluateAnswers(judged, answers, proves),
    leaks: (judged, passages) => evaluator.leaks(judged, passages),
  };
};
