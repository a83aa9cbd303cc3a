import type { VirtualClock } from '#kit/virtual-time.ts';
import type { Answer, ProviderFailure } from '../domain.ts';
import type {
  CreateIntake,
  ExecutionEvent,
  ExecutionPolicy,
  Intake,
  JobView,
  Reply,
  RoutedQuestion,
} from '../seams/execution.ts';
import { arriveInTurn } from './asking.ts';
import { providerFailure } from './provider-port.ts';

export interface Submitted {
  /** Milliseconds since the scene began. */
  at: number;
  question: RoutedQuestion;
  /** How long the work on it takes, in milliseconds. */
  takesMs: number;
  /** The status with which the work fails. */
  status?: number;
  /** Id of the recorded event, where it comes from a recording. */
  event?: number;
}

/** What became of one question. `repliedAt` is absent while its caller still waits. */
export interface Outcome extends Submitted {
  /** When work on it was begun: once, or the question is paid for twice. */
  begun: number[];
  endedAt?: number;
  /** What the work came to. */
  worked?: Answer;
  workFailed?: true;
  repliedAt?: number;
  reply?: Reply;
  failure?: ProviderFailure;
  /** Its job as read with the receipt in hand, in scenes that look, and twice at the end. */
  atReceipt?: JobView | undefined;
  job?: JobView | undefined;
  jobAgain?: JobView | undefined;
}

/** A job as it read at one moment. */
export interface Look {
  outcome: Outcome;
  at: number;
  state: JobView['state'] | undefined;
}

export interface SubmittingScene {
  submitted: readonly Submitted[];
  /** Does the work, where `takesMs` and `status` don't say all. */
  work?: (question: RoutedQuestion, now: () => number) => Promise<Answer>;
  /** How long the scene is watched. Default: until all work must be done. */
  until?: number;
  /** When the jobs are read. Default: only at the end. */
  looks?: readonly number[];
}

/** Submits the questions of a scene, each at its time, to an intake, and reads what came of them. */
export async function playSubmissions(
  createIntake: CreateIntake,
  policy: ExecutionPolicy,
  { submitted, work, until = allDoneBy(policy, submitted), looks }: SubmittingScene,
  clock: VirtualClock,
) {
  const outcomes: Outcome[] = submitted.map((one) => ({ ...one, begun: [] }));
  const events: (ExecutionEvent & { at: number })[] = [];
  const seen: Look[] = [];
  const start = clock.now();
  const now = () => clock.now() - start;
  const { answer, most } = workPort(outcomes, now, work);
  const emit = (event: ExecutionEvent) => void events.push({ ...structuredClone(event), at: now() });
  const intake: Intake = createIntake({ answer, emit }, { ...policy });
  const look = async ({ reply }: Outcome) =>
    reply?.status === 202 ? structuredClone(await intake.job(reply.jobId)) : undefined;

  arriveInTurn(outcomes, async (outcome) => {
    try {
      outcome.reply = structuredClone(await intake.submit({ ...outcome.question }));
    } catch (error) {
      outcome.failure = error as ProviderFailure;
    }
    outcome.repliedAt = now();
    if (looks) outcome.atReceipt = await look(outcome);
  });
  for (const at of looks ?? []) {
    await clock.advance(at - now());
    for (const outcome of accepted(outcomes)) seen.push({ outcome, at, state: (await look(outcome))?.state });
  }
  await clock.advance(until - now());
  for (const outcome of accepted(outcomes)) {
    outcome.job = await look(outcome);
    outcome.jobAgain = await look(outcome);
  }
  const never = (await intake.job(`never-${outcomes.length}`)) as JobView | undefined;
  return { outcomes, events, seen, never, most: most() };
}

export const accepted = (outcomes: readonly Outcome[]) => outcomes.filter(({ reply }) => reply?.status === 202);

/** The work as a port: notes when each piece began and ended, and how many were under way at once. */
function workPort(outcomes: readonly Outcome[], now: () => number, work: SubmittingScene['work']) {
  const byId = new Map(outcomes.map((outcome) => [outcome.question.id, outcome]));
  let underWay = 0;
  let most = 0;
  const answer = async (question: RoutedQuestion): Promise<Answer> => {
    const outcome = byId.get(question.id);
    if (!outcome) throw new Error(`nobody asked ${question.id}`);
    outcome.begun.push(now());
    most = Math.max(most, ++underWay);
    try {
      const worked = await (work ? work(question, now) : timedWork(outcome));
      outcome.worked = structuredClone(worked);
      return worked;
    } catch (error) {
      outcome.workFailed = true;
      throw error;
    } finally {
      underWay--;
      outcome.endedAt = now();
    }
  };
  return { answer, most: () => most };
}

async function timedWork({ question, takesMs, status }: Outcome): Promise<Answer> {
  await new Promise((resolve) => setTimeout(resolve, takesMs));
  if (status !== undefined) throw providerFailure({ status });
  return { questionId: question.id, text: `answer to ${question.id}` };
}

/** No order of work takes longer, with all slots in use but one, which may be kept for quick questions. */
function allDoneBy({ concurrency, inlineBudgetMs }: ExecutionPolicy, submitted: readonly Submitted[]): number {
  const total = submitted.reduce((sum, { takesMs }) => sum + takesMs + 20, 0);
  const last = Math.max(...submitted.map(({ at }) => at));
  return last + total / (concurrency - 1) + Math.max(...submitted.map(({ takesMs }) => takesMs)) + 2 * inlineBudgetMs;
}
