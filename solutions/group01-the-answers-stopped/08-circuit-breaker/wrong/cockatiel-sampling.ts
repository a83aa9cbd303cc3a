// cockatiel's SamplingBreaker: forgets a bucket per call, not per second, so old failures still count after a quiet spell.
import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  circuitBreaker,
  handleWhen,
  SamplingBreaker,
} from 'cockatiel';
import type { ProviderFailure } from '#answerdesk/domain.ts';
import type { ProtectProvider } from '#answerdesk/seams/circuit-breaker.ts';

export const protectProvider: ProtectProvider = ({ ask, emit }, policy) => {
  const breakers = new Map<string, CircuitBreakerPolicy>();

  const breakerFor = (model: string) => {
    const known = breakers.get(model);
    if (known) return known;
    const breaker = circuitBreaker(
      handleWhen((error) => ((error as ProviderFailure).status ?? 500) >= 500),
      {
        halfOpenAfter: policy.coolDownMs,
        breaker: new SamplingBreaker({
          threshold: policy.failureRatio,
          duration: policy.windowMs,
          minimumRps: (policy.minimumCalls / policy.windowMs) * 1000,
        }),
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
