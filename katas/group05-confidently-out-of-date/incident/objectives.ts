import { knowledgeSettings as settings } from '#answerdesk/knowledge/settings.ts';
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

type Floors = Readonly<Record<string, { recall: number; ndcg: number }>>;
/**
 * What a class of question must reach after a step, in recall@10 and nDCG@10: with vectors alone on what the asker may
 * see, and in the end. Set below what right answers of several kinds reach on both halves of the questions, and above
 * what they reach with a kata missing. Nobody gets much out of paraphrases with these vectors.
 */
export const FLOORS: Readonly<Record<string, Floors>> = {
  filtered: { 'exact-identifier': { recall: 0.4, ndcg: 0.25 } },
  're-ranked': {
    'exact-identifier': { recall: 0.75, ndcg: 0.66 },
    paraphrase: { recall: 0.05, ndcg: 0.03 },
    'version-sensitive': { recall: 0.65, ndcg: 0.5 },
    'multi-passage': { recall: 0.4, ndcg: 0.3 },
    'other-tenant': { recall: 0.6, ndcg: 0.55 },
    injected: { recall: 0.5, ndcg: 0.45 },
  },
};
/** Steps that a day is measured after. */
export const HELD = ['filtered', 're-ranked'] as const;

const below = (history: History, figure: 'recall' | 'ndcg', measured: string) =>
  count(
    of(history, 'RetrievalMeasured').filter(({ data }) => {
      const floor = FLOORS[data['step'] as string]?.[data['class'] as string]?.[figure] ?? 0;
      return Number(data[measured]) < floor;
    }),
  );

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
    measure: (history) =>
      count(of(history, 'PromptRead').filter(({ data }) => data['obeyed'] === true || Number(data['secrets']) > 0)),
  },
  {
    name: 'passages that the careful scorer was given for one question',
    limit: settings.stages.last.takes,
    unit: '',
    measure: (history) => {
      const ranked = of(history, 'PassagesRanked').sort((a, b) => Number(b.data['rated']) - Number(a.data['rated']));
      return { value: Number(ranked[0]?.data['rated'] ?? 0), evidence: ids(ranked).slice(0, 3) };
    },
  },
  {
    name: 'slowest retrieval',
    limit: 350,
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
