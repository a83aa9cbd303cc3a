// cockatiel 3 with a breaker of our own: its SamplingBreaker forgets by calls, not by time, when traffic is thin.
import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  circuitBreaker,
  handleWhen,
  type IBreaker,
} from 'cockatiel';
import type { ProviderFailure } from '#answerdesk/domain.ts';
import type { BreakerPolicy, ProtectProvider } from '#answerdesk/seams/circuit-breaker.ts';

class WindowBreaker implements IBreaker {
  state: unknown;
  #outcomes: { at: number; failed: boolean }[] = [];
  readonly policy: BreakerPolicy;
  constructor(policy: BreakerPolicy) {
    this.policy = policy;
  }

  success(state: CircuitState): void {
    if (state === CircuitState.HalfOpen) this.#outcomes = [];
    this.#push(false);
  }

  failure(state: CircuitState): boolean {
    this.#push(true);
    const failures = this.#outcomes.filter(({ failed }) => failed).length;
    return (
      state !== CircuitState.Closed ||
      (this.#outcomes.length >= this.policy.minimumCalls && failures > this.policy.failureRatio * this.#outcomes.length)
    );
  }

  #push(failed: boolean): void {
    const now = Date.now();
    this.#outcomes = [...this.#outcomes.filter(({ at }) => at > now - this.policy.windowMs), { at: now, failed }];
  }
}

export const protectProvider: ProtectProvider = ({ ask, emit }, policy) => {
  const breakers = new Map<string, CircuitBreakerPolicy>();

  const breakerFor = (model: string) => {
    const known = breakers.get(model);
    if (known) return known;
    const breaker = circuitBreaker(
      handleWhen((error) => ((error as ProviderFailure).status ?? 500) >= 500),
      {
        halfOpenAfter: policy.coolDownMs,
        breaker: new WindowBreaker(policy),
      },
    );
    breaker.onBreak(() => emit({ type: 'CircuitOpened', data: { model } }));
    breaker.onReset(() => emit({ type: 'CircuitClosed', data: { model } }));
    breakers.set(model, breaker);
    return breaker;
  };

  return async (question, options) => {
    try {
      const breaker = breakerFor(question.model);
      if (breaker.state === CircuitState.HalfOpen) throw new BrokenCircuitError();
      return await breaker.execute(() => ask(question, options));
    } catch (error) {
      if (error instanceof BrokenCircuitError)
        throw Object.assign(new Error(`${question.model} is not answering`, { cause: error }), {
          code: 'CIRCUIT_OPEN',
        });
      throw error;
    }
  };
};
