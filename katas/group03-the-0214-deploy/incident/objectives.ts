import type { Objective } from '#kit/assess.ts';
import type { RecordedEvent } from '#kit/events.ts';

type History = readonly RecordedEvent[];
const of = (history: History, ...types: string[]) => history.filter(({ type }) => types.includes(type));

/** A figure that counts events: each of them is the evidence. */
const count = (
  name: string,
  find: (history: History) => readonly RecordedEvent[],
  value: (events: readonly RecordedEvent[]) => number = (events) => events.length,
  unit = '',
): Objective => ({
  name,
  limit: 0,
  unit,
  measure: (history) => {
    const events = find(history);
    return { value: value(events), evidence: events.slice(0, 3).map(({ id }) => id) };
  },
});

const questionOf = ({ data }: RecordedEvent) => data['question'] ?? data['questionId'];

/** Figures of the whole night and of what was found in the morning. What "resolved" means for group 3. */
export const objectives: readonly Objective[] = [
  count('accepted questions without an answer', (history) => {
    const answered = new Set(of(history, 'AnswerReceived').map(questionOf));
    return of(history, 'QuestionAccepted').filter((accepted) => !answered.has(questionOf(accepted)));
  }),
  count('questions that nobody accepted', (history) => {
    const accepted = new Set(of(history, 'QuestionAccepted').map(questionOf));
    return of(history, 'MessageSent').filter((sent) => !accepted.has(questionOf(sent)));
  }),
  count('answers received twice', (history) => {
    const seen = new Set<unknown>();
    return of(history, 'AnswerReceived').filter((received) => {
      const again = seen.has(questionOf(received));
      seen.add(questionOf(received));
      return again;
    });
  }),
  count('answers that forgot what was said', (history) =>
    of(history, 'TurnHeard').filter(({ data }) => data['heard'] !== data['said']),
  ),
  count('replies in a shape that their channel did not send', (history) => of(history, 'MessageMangled')),
  count(
    'writes undone by others',
    (history) => of(history, 'WriteUndone'),
    (events) => events.reduce((sum, { data }) => sum + (data['undone'] as string[]).length, 0),
  ),
  count('charges that no price explains', (history) => of(history, 'ChargeNotExplained')),
  count('logs that the auditor judged wrongly', (history) => {
    const edited = new Set(of(history, 'LogTampered').map(({ data }) => data['log']));
    return of(history, 'LogAudited').filter(({ data }) => data['intact'] === edited.has(data['log']));
  }),
  count('deeds that no log tells of', (history) => {
    const edited = new Set(of(history, 'LogTampered').map(({ data }) => data['log']));
    return of(history, 'LogAudited').filter(({ data }) => Number(data['entries']) < 2 && !edited.has(data['log']));
  }),
  count(
    'totals off by',
    (history) => of(history, 'TotalShown').filter(({ data }) => data['due'] !== data['shown']),
    (events) => events.reduce((sum, { data }) => sum + Math.abs(Number(data['due']) - Number(data['shown'])), 0),
    'micro-units',
  ),
  count('limit mails sent again', (history) => {
    const told = new Set<unknown>();
    return of(history, 'LimitMailSent').filter(({ data }) => {
      const again = told.has(data['tenant']);
      told.add(data['tenant']);
      return again;
    });
  }),
  count(
    'documents not restored, or restored against their will',
    (history) => of(history, 'KnowledgeBaseCompared').filter(({ data }) => data['wrong'] !== 0),
    (events) => events.reduce((sum, { data }) => sum + Number(data['wrong']), 0),
  ),
  count(
    'fields of a prompt that undo left wrong',
    (history) => of(history, 'PromptTakenBack').filter(({ data }) => (data['wrong'] as string[]).length > 0),
    (events) => events.reduce((sum, { data }) => sum + (data['wrong'] as string[]).length, 0),
  ),
];
