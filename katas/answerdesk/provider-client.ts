import type { Answer, CallOptions, Emit, Question } from './domain.ts';
import type { Deadline, Deadlines } from './seams/timeout.ts';
import type { Seams } from './seams.ts';
import type { Settings } from './settings.ts';

export interface ProviderClientPorts {
  ask: (question: Question, options?: CallOptions) => Promise<Answer>;
  deadlines: Deadlines;
  emit: Emit;
}
export type AskWithin = (question: Question, deadline: Deadline) => Promise<Answer>;

/** One question to the provider: a deadline around retries around a breaker around the call. */
export function createProviderClient(seams: Seams, settings: Settings, ports: ProviderClientPorts): AskWithin {
  const { deadlines, emit } = ports;
  const guarded = seams.protectProvider({ ask: ports.ask, emit: (event) => emit({ ...event }) }, settings.breaker);
  const backoff = seams.createBackoff({ random: Math.random }, settings.backoff);
  const retry = seams.createRetry({ backoff, emit: (event) => emit({ ...event }) }, settings.retry);

  return (question, deadline) =>
    deadlines.within('provider', deadline, (provider) =>
      retry({
        name: `ask ${question.model}`,
        idempotent: true,
        deadline: provider.deadline.at,
        signal: provider.signal,
        run: () =>
          deadlines.within(
            'call',
            provider.deadline,
            (call) => guarded(question, { signal: call.signal }),
            settings.callLimitMs,
          ),
      }),
    );
}
