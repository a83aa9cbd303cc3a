import type { ProviderFailure, Question } from '#answerdesk/domain.ts';
import type { ProtectProvider } from '#answerdesk/seams/circuit-breaker.ts';

interface Health {
  outcomes: { at: number; failed: boolean }[];
  down: boolean;
}

const isProvidersFault = ({ status }: ProviderFailure) => status === undefined || status >= 500;

export const protectProvider: ProtectProvider = ({ ask, emit }, policy) => {
  const healthOf = new Map<string, Health>();

  // TODO: while a model is known to be down, its questions don't wait for it, and it is left in peace to recover.
  function record({ model }: Question, failed: boolean): void {
    const health = healthOf.get(model) ?? { outcomes: [], down: false };
    healthOf.set(model, health);

    const now = Date.now();
    health.outcomes = [...health.outcomes.filter(({ at }) => at > now - policy.windowMs), { at: now, failed }];
    const failures = health.outcomes.filter((outcome) => outcome.failed).length;
    const down =
      health.outcomes.length >= policy.minimumCalls && failures / health.outcomes.length > policy.failureRatio;

    // The dashboard turns red on this event; on-call decides what to do.
    if (down !== health.down) emit({ type: down ? 'CircuitOpened' : 'CircuitClosed', data: { model } });
    health.down = down;
  }

  return async (question, options) => {
    try {
      const answer = await ask(question, options);
      record(question, false);
      return answer;
    } catch (error) {
      record(question, isProvidersFault(error as ProviderFailure));
      throw error;
    }
  };
};
