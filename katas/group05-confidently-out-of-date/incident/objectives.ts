import type { Objective } from '#kit/assess.ts';
import type { RecordedEvent } from '#kit/events.ts';

type History = readonly RecordedEvent[];
const of = (history: History, ...types: string[]) => history.filter(({ type }) => types.includes(type));
const ids = (events: History) => events.map(({ id }) => id);
const count = (events: History) => ({ value: events.length, evidence: ids(events).slice(0, 3) });

interface Sentence {
  judged: string;
}
const sentences = ({ data }: RecordedEvent) => data['claims'] as Sentence[];
const says = (history: History, ...verdicts: string[]) =>
  of(history, 'AnswerGiven').filter((event) => sentences(event).some(({ judged }) => verdicts.includes(judged)));

/**
 * What each class of question must reach on a day, in recall@10 and nDCG@10. Set some way below what right answers
 * reach on the questions that are held back; nobody gets much out of paraphrases with these vectors.
 */
export const FLOORS: Readonly<Record<string, { recall: number; ndcg: number }>> = {
  'exact-identifier': { recall: 0.6, ndcg: 0.5 },
  paraphrase: { recall: 0.05, ndcg: 0.03 },
  'version-sensitive': { recall: 0.65, ndcg: 0.45 },
  'multi-passage': { recall: 0.4, ndcg: 0.3 },
  'other-tenant': { recall: 0.7, ndcg: 0.6 },
  injected: { recall: 0.6, ndcg: 0.45 },
};

const below = (history: History, figure: 'recall' | 'ndcg', measured: string) => {
  const last = new Map(of(history, 'RetrievalMeasured').map((event) => [event.data['class'] as string, event]));
  const short = [...last].filter(([name, { data }]) => Number(data[measured]) < (FLOORS[name]?.[figure] ?? 0));
  return count(short.map(([, event]) => event));
};

/** Figures of the whole day. What "resolved" means for group 5. */
export const objectives: readonly Objective[] = [
  {
    name: 'classes of question below their recall@10',
    limit: 0,
    unit: '',
    measure: (history) => below(history, 'recall', 'recallAt10'),
  },
  {
    name: 'classes of question below their nDCG@10',
    limit: 0,
    unit: '',
    measure: (history) => below(history, 'ndcg', 'ndcgAt10'),
  },
  {
    name: 'answers from another major',
    limit: 0,
    unit: '',
    measure: (history) => count(says(history, 'of another major')),
  },
  {
    name: 'passages found that the asker may not see',
    limit: 0,
    unit: '',
    measure: (history) => {
      const found = of(history, 'PassagesRanked').filter(({ data }) => Number(data['hidden']) > 0);
      const value = found.reduce((sum, { data }) => sum + Number(data['hidden']), 0);
      return { value, evidence: ids(found).slice(0, 3) };
    },
  },
  {
    name: 'answers with a sentence that nothing proves',
    limit: 0,
    unit: '',
    measure: (history) => count(says(history, 'invented', 'unproven', "of another tenant's page")),
  },
  {
    name: 'answerable questions answered, and rightly',
    bound: 'at least',
    limit: 0.5,
    unit: '',
    measure: (history) => {
      const asked = of(history, 'AnswerGiven').filter(({ data }) => !data['hasNone']);
      const wrong = asked.filter((event) => !sentences(event).some(({ judged }) => judged === 'right'));
      const value = 1 - wrong.length / Math.max(1, asked.length);
      return { value: Math.floor(100 * value) / 100, evidence: ids(wrong).slice(0, 3) };
    },
  },
  {
    name: 'questions asked again that were put to the model otherwise',
    limit: 0,
    unit: '',
    measure: (history) => {
      const first = new Map<unknown, unknown>();
      const other = of(history, 'PromptRead').filter(({ data }) => {
        if (data['comparable'] === null) return false;
        if (!first.has(data['comparable'])) first.set(data['comparable'], data['hash']);
        return first.get(data['comparable']) !== data['hash'];
      });
      return count(other);
    },
  },
  {
    name: 'prompts over their budget',
    limit: 0,
    unit: '',
    measure: (history) => count(of(history, 'PromptRead').filter(({ data }) => Number(data['over']) > 0)),
  },
  {
    name: 'prompts that lost what the user had said',
    limit: 0,
    unit: '',
    measure: (history) => count(of(history, 'PromptRead').filter(({ data }) => Number(data['lost']) > 0)),
  },
  {
    name: "orders of a page obeyed, or a page's secrets shown to the model",
    limit: 0,
    unit: '',
    measure: (history) => {
      const shown = of(history, 'PromptRead').filter(({ data }) => Number(data['secrets']) > 0);
      return count([...says(history, 'obeyed'), ...shown]);
    },
  },
  {
    name: 'slowest retrieval',
    limit: 1_000,
    unit: 'ms',
    measure: (history) => {
      const ranked = of(history, 'PassagesRanked').sort((a, b) => Number(b.data['ms']) - Number(a.data['ms']));
      return { value: Number(ranked[0]?.data['ms'] ?? 0), evidence: ids(ranked).slice(0, 3) };
    },
  },
  {
    name: 'new indexes judged wrongly',
    limit: 0,
    unit: '',
    measure: (history) =>
      count([
        ...of(history, 'ReleaseAdmitted').filter(({ data }) => data['sound'] === false),
        ...of(history, 'ReleaseRefused').filter(({ data }) => data['sound'] === true),
      ]),
  },
];
