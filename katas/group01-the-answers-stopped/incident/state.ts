import type { JobEvent, JobEventType } from '#answerdesk/seams/job-state.ts';
import type { Recording } from '#kit/events.ts';
import { between, roll } from '#kit/seeded.ts';

/** The recording's seed. Any other is another morning of the same kind. */
export const RECORDED_SEED = 20260304;

/** One event as the queue handed it over. The queue delivers at least once. */
export interface Delivery {
  /** Milliseconds since the scene began. */
  at: number;
  job: JobEvent;
  /** Id of the recorded event, where the delivery comes from a recording. */
  event?: number;
}

/** What was not acknowledged after this long is delivered again, and a worker that was silent for so long is given up. */
const LEASE_MS = 30_000;
const START = Date.UTC(2026, 2, 3, 9, 41);

/** Twenty-four jobs of ten minutes in which the provider hung: their events, some of them twice, and what lost workers said late. */
export function reports(seed: number): Delivery[] {
  return Array.from({ length: 24 }, (_, n) => `j-${String(n + 1).padStart(2, '0')}`)
    .flatMap((jobId, n) => reportsOf(seed, jobId, n * 25_000 + between(seed, `asked ${jobId}`, 0, 10_000)))
    .sort((a, b) => a.at - b.at);
}

function reportsOf(seed: number, jobId: string, asked: number): Delivery[] {
  const deliveries: Delivery[] = [];
  const took = (what: string, low: number, high: number) => between(seed, `${what} ${jobId}`, low, high);
  /** Delivered once, a moment after it happened, and where its acknowledgement was lost once more. */
  const say = (type: JobEventType, at: number, acknowledgementsLost = 0.15) => {
    const id = `${jobId}-${type}-${at}`;
    const job: JobEvent = { id, jobId, type, at: START + at };
    const arrives = at + between(seed, `way ${id}`, 20, 400);
    deliveries.push({ at: arrives, job });
    if (roll(seed, `acknowledged ${id}`) < acknowledgementsLost) {
      deliveries.push({ at: arrives + LEASE_MS + between(seed, `again ${id}`, 0, 3_000), job });
    }
  };

  say('JobQueued', asked);
  const started = asked + took('queue', 500, 5_000);
  const answered = started + took('answer', 2_000, 20_000);
  switch (between(seed, `fate ${jobId}`, 0, 5)) {
    case 0: // The provider hung. The watchdog gave the job up; its worker had not heard and finished it.
      say('JobStarted', started, 1);
      say('JobFailed', started + LEASE_MS - 1_000);
      say('JobFinished', started + LEASE_MS + took('late', 5_000, 20_000), 0);
      break;
    case 1: // Failed, retried, done; the failure was reported again when it was long over.
      say('JobStarted', started);
      say('JobFailed', answered, 1);
      say('JobRetried', answered + 2_000);
      say('JobStarted', answered + 4_000);
      say('JobFinished', answered + took('second answer', 7_000, 15_000));
      break;
    case 2: // The customer took the question back while it was being answered.
      say('JobStarted', started);
      say('JobCancelled', started + took('second thought', 500, 1_500));
      say('JobFinished', answered, 0);
      break;
    case 3: // Its tenant's quota was spent; it waited for more.
      say('JobStarted', started);
      say('JobWaited', answered);
      say('JobResumed', answered + took('quota', 5_000, 25_000), 0.5);
      say('JobFinished', answered + took('quota', 5_000, 25_000) + 4_000);
      break;
    default:
      say('JobStarted', started);
      say('JobFinished', answered);
  }
  return deliveries;
}

/** The same deliveries from their recording. */
export function recordedReports({ events, at }: Recording): Delivery[] {
  return events
    .filter(({ type }) => type === 'JobEventDelivered')
    .map((event) => ({ at: at(event), event: event.id, job: event.data['job'] as JobEvent }));
}
