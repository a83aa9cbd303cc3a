import type { Question } from '#answerdesk/domain.ts';
import type { Objective } from '#kit/assess.ts';
import type { RecordedEvent } from '#kit/events.ts';

type History = readonly RecordedEvent[];
const of = (history: History, ...types: string[]) => history.filter(({ type }) => types.includes(type));
const at = ({ time }: RecordedEvent) => Date.parse(time);
const ids = (events: History) => events.map(({ id }) => id);
const ms = (event: RecordedEvent) => Number(event.data['ms'] ?? 0);
const questionOf = ({ stream }: RecordedEvent) => stream;

/** Every response to a question's request; an answer that was fetched by its receipt is none. */
function responses(history: History): RecordedEvent[] {
  const accepted = new Set(of(history, 'QuestionReceiptGiven').map(questionOf));
  return of(history, 'AnswerDelivered', 'QuestionReceiptGiven', 'RequestFailed', 'RequestHung').filter(
    (event) => event.type !== 'AnswerDelivered' || !accepted.has(questionOf(event)),
  );
}

/** A wait from which an answer is late. */
const LATE_MS = 10_000;

/** How long each question was open, from asked to answered or given up; to the end of the history if it still is. */
function waits(history: History): { asked: number; from: number; to: number }[] {
  const ended = endOf(history);
  const last = history.at(-1);
  const now = last ? at(last) : 0;
  return of(history, 'QuestionAsked').map((asked) => ({
    asked: asked.id,
    from: at(asked),
    to: ended.get(questionOf(asked)) ?? now,
  }));
}

/** When each question was over for its asker, by stream. */
function endOf(history: History): Map<string, number> {
  const ends = of(history, 'AnswerDelivered', 'QuestionGivenUp', 'AcceptedQuestionLost');
  return new Map(ends.map((end) => [questionOf(end), at(end)]));
}

interface ProviderCall {
  started: RecordedEvent;
  /** Absent where the caller hung up. */
  ended?: RecordedEvent;
  /** How the call before it for the same question and model had ended. */
  last?: RecordedEvent;
}

/** The calls for answers, in the order in which they were made. */
function calls(history: History): ProviderCall[] {
  const byNumber = new Map<unknown, ProviderCall>();
  const latest = new Map<string, RecordedEvent>();
  const keyOf = ({ data }: RecordedEvent) => `${data['question']} ${data['model']}`;
  for (const event of of(history, 'ProviderCallStarted', 'ProviderCallEnded')) {
    if (event.data['model'] === 'embed-1') continue;
    const call = byNumber.get(event.data['call']);
    if (event.type === 'ProviderCallStarted') {
      const last = latest.get(keyOf(event));
      byNumber.set(event.data['call'], { started: event, ...(last && { last }) });
    } else if (call) {
      call.ended = event;
      latest.set(keyOf(call.started), event);
    }
  }
  return [...byNumber.values()];
}

/** A poll may be under way when the answer is there; a call may end meanwhile. */
const GRACE_MS = 5_000;

/** `Retry-After` of how a call ended, on the clock; 0 where it asked for nothing. */
const mayReturnAt = (ended: RecordedEvent) =>
  ended.data['retryAfter'] === undefined ? 0 : at(ended) + Number(ended.data['retryAfter']) * 1000;

/** Figures of the whole brown-out. What "resolved" means for group 1. */
export const objectives: readonly Objective[] = [
  {
    name: 'answered or accepted within (p99)',
    limit: 300,
    unit: 'ms',
    measure: (history) => {
      const slowest = responses(history).sort((a, b) => ms(b) - ms(a));
      const p99 = slowest[Math.floor(slowest.length * 0.01)];
      return { value: p99 ? ms(p99) : 0, evidence: ids(slowest.slice(0, 3)) };
    },
  },
  {
    name: 'hung requests',
    limit: 0,
    unit: '',
    measure: (history) => {
      const hung = of(history, 'RequestHung', 'ReindexCut');
      return { value: hung.length, evidence: ids(hung) };
    },
  },
  {
    name: 'provider calls per question',
    limit: 1.5,
    unit: '',
    measure: (history) => {
      const calls = of(history, 'ProviderCallStarted').filter(({ data }) => data['model'] !== 'embed-1');
      const questions = of(history, 'QuestionAsked').length;
      const many = mostCalled(calls);
      return {
        value: Math.round((100 * calls.length) / Math.max(1, questions)) / 100,
        evidence: ids(many).slice(0, 3),
      };
    },
  },
  {
    name: 'calls that outlived their question',
    limit: 0,
    unit: '',
    measure: (history) => {
      const over = endOf(history);
      const outlived = calls(history).filter(
        ({ started, ended }) =>
          ended && at(ended) > (over.get(`question-${started.data['question']}`) ?? Infinity) + GRACE_MS,
      );
      return { value: outlived.length, evidence: outlived.slice(0, 3).map(({ started }) => started.id) };
    },
  },
  {
    name: 'calls sooner than Retry-After said',
    limit: 0,
    unit: '',
    measure: (history) => {
      const early = calls(history).filter(({ started, last }) => last && at(started) < mayReturnAt(last));
      return { value: early.length, evidence: early.slice(0, 3).map(({ started }) => started.id) };
    },
  },
  {
    name: 'questions that waited over 10 s',
    limit: 18,
    unit: '%',
    measure: (history) => {
      const all = waits(history);
      const late = all.filter(({ from, to }) => to - from > LATE_MS).sort((a, b) => b.to - b.from - (a.to - a.from));
      const share = Math.round((100 * late.length) / Math.max(1, all.length));
      return { value: share, evidence: late.slice(0, 3).map(({ asked }) => asked) };
    },
  },
  {
    name: 'backlog drained after recovery',
    limit: 120,
    unit: 's',
    measure: (history) => {
      const recovery = Math.max(...of(history, 'ProviderFaultEnded').map(at));
      const late = waits(history)
        .filter(({ from, to }) => to - from > LATE_MS && to > recovery)
        .sort((a, b) => b.to - a.to);
      const [last] = late;
      return {
        value: last ? Math.round((last.to - recovery) / 1000) : 0,
        evidence: late.slice(0, 3).map(({ asked }) => asked),
      };
    },
  },
  {
    name: 'accepted questions lost',
    limit: 0,
    unit: '',
    measure: (history) => {
      const delivered = new Set(of(history, 'AnswerDelivered').map(questionOf));
      const lost = of(history, 'QuestionReceiptGiven').filter((receipt) => !delivered.has(questionOf(receipt)));
      return { value: lost.length, evidence: ids(lost) };
    },
  },
  {
    name: 'questions without an answer',
    limit: 0,
    unit: '',
    measure: (history) => {
      const delivered = new Set(of(history, 'AnswerDelivered').map(questionOf));
      const unanswered = of(history, 'QuestionAsked').filter((asked) => !delivered.has(questionOf(asked)));
      return { value: unanswered.length, evidence: ids(unanswered) };
    },
  },
  {
    name: 'answers that hide what they lack',
    limit: 0,
    unit: '',
    measure: (history) => {
      const hiding = hidingAnswers(history);
      return { value: hiding.length, evidence: ids(hiding) };
    },
  },
  {
    name: 'jobs that came back from an end',
    limit: 0,
    unit: '',
    measure: (history) => {
      const back = history.filter(
        ({ stream, data }) => stream === 'answerdesk' && (data['from'] === 'done' || data['from'] === 'cancelled'),
      );
      return { value: back.length, evidence: ids(back) };
    },
  },
];

/** The first call of each question, those sent most often first. */
function mostCalled(calls: History): RecordedEvent[] {
  const byQuestion = new Map<unknown, RecordedEvent[]>();
  for (const call of calls) {
    const question = call.data['question'];
    byQuestion.set(question, [...(byQuestion.get(question) ?? []), call]);
  }
  return [...byQuestion.values()].sort((a, b) => b.length - a.length).flatMap(([first]) => first ?? []);
}

/** Answers that aren't the asked model's own to this very question, or lack a source that failed, and don't say so. */
function hidingAnswers(history: History): RecordedEvent[] {
  const asked = new Map(
    of(history, 'QuestionAsked').map((event) => [event.stream, event.data['question'] as Question]),
  );
  const failed = new Map<unknown, string[]>();
  for (const { data } of of(history, 'SourceFailed')) {
    failed.set(data['question'], [...(failed.get(data['question']) ?? []), String(data['source'])]);
  }
  return of(history, 'AnswerDelivered').filter(({ data, stream }) => {
    const question = asked.get(stream);
    const isFresh = data['text'] === `${question?.model} on ${question?.id}`;
    const missing = data['missing'] as string[];
    const unsaid = (failed.get(question?.id) ?? []).some((source) => !missing.includes(source));
    return (!isFresh && data['degraded'] !== true) || unsaid;
  });
}
