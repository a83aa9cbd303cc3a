import type { RecordedEvent } from './events.ts';

/** How good retrieval is after each step that was taken, for each class of question. */
export interface Measures {
  title: string;
  /** In the order in which they were taken; the last one is the code as it stands. */
  steps: readonly string[];
  classes: readonly { name: string; questions: number }[];
  metrics: readonly Metric[];
}

export interface Metric {
  /** 'recall@10', 'nDCG@10' or 'MRR'. */
  name: string;
  /** `values[step][class]`, 0–1, or null where it was not measured. */
  values: readonly (readonly (number | null)[])[];
}

/** Set beside one another: on the code as it stands, and as recorded on the starters, or null where that isn't known. */
export interface MeasuresBeside {
  recorded: Measures | null;
  now: Measures;
}

/** What a recording keeps of one step and one class, as events of type `RetrievalMeasured`. */
export interface RetrievalMeasured {
  step: string;
  class: string;
  questions: number;
  /** 0–1, or null where it was not measured; so are the others. */
  recallAt10: number | null;
  ndcgAt10: number | null;
  mrr: number | null;
}

const METRICS = [
  { name: 'recall@10', key: 'recallAt10' },
  { name: 'nDCG@10', key: 'ndcgAt10' },
  { name: 'MRR', key: 'mrr' },
] as const;

/**
 * The measures that a history holds, or undefined where it holds none. Steps and classes stand in the order in which
 * they first come; of two events for the same step and class the later one counts. Pure.
 */
export function measuresOf(
  history: readonly RecordedEvent[],
  title = 'How good retrieval is, step by step',
): Measures | undefined {
  const measured = history
    .filter(({ type }) => type === 'RetrievalMeasured')
    .map(({ data }) => data as unknown as RetrievalMeasured);
  if (measured.length === 0) return undefined;
  const steps = [...new Set(measured.map(({ step }) => step))];
  const classes = [...new Map(measured.map(({ class: name, questions }) => [name, { name, questions }])).values()];
  const found = (step: string, name: string) => measured.findLast((one) => one.step === step && one.class === name);
  const metrics = METRICS.map(({ name, key }) => ({
    name,
    values: steps.map((step) => classes.map((one) => found(step, one.name)?.[key] ?? null)),
  }));
  return { title, steps, classes, metrics };
}

/** The data of the events that keep these measures: one for each step and class, step by step. Pure. */
export function retrievalMeasured({ steps, classes, metrics }: Measures): RetrievalMeasured[] {
  const at = (name: string, step: number, one: number) =>
    metrics.find((metric) => metric.name === name)?.values[step]?.[one] ?? null;
  return steps.flatMap((step, s) =>
    classes.map(({ name, questions }, c) => ({
      step,
      class: name,
      questions,
      recallAt10: at('recall@10', s, c),
      ndcgAt10: at('nDCG@10', s, c),
      mrr: at('MRR', s, c),
    })),
  );
}
