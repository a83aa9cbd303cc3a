import { settings } from '#answerdesk/settings.ts';
import type { Objective } from '#kit/assess.ts';
import type { RecordedEvent } from '#kit/events.ts';

type History = readonly RecordedEvent[];
const of = (history: History, ...types: string[]) => history.filter(({ type }) => types.includes(type));
const ids = (events: History) => events.map(({ id }) => id);

/** By a field of their data, in the order of the first of each. */
function by(events: History, field: string): Map<unknown, RecordedEvent[]> {
  const groups = new Map<unknown, RecordedEvent[]>();
  for (const event of events) groups.set(event.data[field], [...(groups.get(event.data[field]) ?? []), event]);
  return groups;
}

/** Questions that may be answered; the others came with another one's key. */
const distinct = (history: History) =>
  of(history, 'QuestionSent').filter(({ data }) => data['keyUsedBy'] === undefined);
const miscounted = (history: History) =>
  of(history, 'QuestionSent').filter(({ data }) => data['keyUsedBy'] !== undefined);

/** Generations that came to an end and are paid for. */
function generations(history: History): RecordedEvent[] {
  const ended = new Set(
    of(history, 'ProviderCallEnded')
      .filter(({ data }) => data['status'] === 200)
      .map(({ data }) => data['call']),
  );
  return of(history, 'ProviderCallStarted').filter(({ data }) => ended.has(data['call']));
}

/** Those after the first for the same question. */
const repeated = (events: History, field = 'question') =>
  [...by(events, field).values()].flatMap(([, ...more]) => more);

/** Figures of the whole morning. What "resolved" means for group 2. */
export const objectives: readonly Objective[] = [
  {
    name: 'generations per question',
    limit: 1,
    unit: '',
    measure: (history) => {
      const paid = generations(history);
      const value = paid.length / Math.max(1, distinct(history).length);
      return { value: Math.ceil(100 * value) / 100, evidence: ids(repeated(paid)).slice(0, 3) };
    },
  },
  {
    name: 'tenants shown two answers to one question',
    limit: 0,
    unit: '',
    measure: (history) => {
      const tenants = new Map(of(history, 'QuestionSent').map(({ data }) => [data['question'], data['tenant']]));
      const other = [...by(of(history, 'AnswerShown'), 'question').values()].flatMap((shown) =>
        shown.filter(({ data }) => data['text'] !== shown[0]?.data['text']).slice(0, 1),
      );
      return {
        value: new Set(other.map(({ data }) => tenants.get(data['question']))).size,
        evidence: ids(other).slice(0, 3),
      };
    },
  },
  {
    name: 'submissions answered otherwise than the first',
    limit: 0,
    unit: '',
    measure: (history) => {
      const otherwise = [...by(of(history, 'SubmissionAnswered'), 'question').values()].flatMap((answers) =>
        answers.filter(({ data }) => data['text'] !== answers[0]?.data['text']),
      );
      return { value: otherwise.length, evidence: ids(otherwise).slice(0, 3) };
    },
  },
  {
    name: "questions under another one's key that were run",
    limit: 0,
    unit: '',
    measure: (history) => {
      const refused = new Set(of(history, 'SubmissionRefused').map(({ data }) => data['question']));
      const called = new Set(of(history, 'ProviderCallStarted').map(({ data }) => data['question']));
      const run = miscounted(history).filter(
        ({ data }) => called.has(data['question']) || !refused.has(data['question']),
      );
      return { value: run.length, evidence: ids(run).slice(0, 3) };
    },
  },
  {
    name: 'questions without an answer',
    limit: 0,
    unit: '',
    measure: (history) => {
      const answered = new Set(of(history, 'SubmissionAnswered').map(({ data }) => data['question']));
      const unanswered = distinct(history).filter(({ data }) => !answered.has(data['question']));
      return { value: unanswered.length, evidence: ids(unanswered).slice(0, 3) };
    },
  },
  {
    name: 'commands that died in the queue',
    limit: 0,
    unit: '',
    measure: (history) => {
      const died = of(history, 'MessageDied');
      return { value: died.length, evidence: ids(died).slice(0, 3) };
    },
  },
  {
    name: 'answers by a second configuration of one worker',
    limit: 0,
    unit: '',
    measure: (history) => {
      const first = new Map<string, unknown>();
      const second = of(history, 'AnswerShown').filter(({ data }) => {
        const life = `${data['worker']}/${data['life']}`;
        if (!first.has(life)) first.set(life, data['config']);
        return data['config'] !== first.get(life);
      });
      return { value: second.length, evidence: ids(second).slice(0, 3) };
    },
  },
  {
    name: 'bills off by',
    limit: 0,
    unit: 'micro-units',
    measure: (history) => {
      const drawn = of(history, 'BillDrawn').reduce((sum, { data }) => sum + Number(data['micros']), 0);
      const due = generations(history).length * settings.microsPerAnswer;
      return { value: Math.abs(due - drawn), evidence: ids(of(history, 'BillDrawn')).slice(0, 3) };
    },
  },
];
