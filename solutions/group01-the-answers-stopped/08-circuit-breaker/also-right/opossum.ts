// opossum 9: one breaker per model.
import CircuitBreaker from 'opossum';
import type { Ask, ProviderFailure } from '#answerdesk/domain.ts';
import type { ProtectProvider } from '#answerdesk/seams/circuit-breaker.ts';

export const protectProvider: ProtectProvider = ({ ask, emit }, policy) => {
  const breakers = new Map<string, CircuitBreaker<Parameters<Ask>, Awaited<ReturnType<Ask>>>>();

  const breakerFor = (model: string) => {
    const known = breakers.get(model);
    if (known) return known;
    const breaker = new CircuitBreaker(ask, {
      timeout: false, // the client has its own
      rollingCountTimeout: policy.windowMs,
      rollingCountBuckets: 20,
      volumeThreshold: policy.minimumCalls,
      errorThresholdPercentage: policy.failureRatio * 100,
      resetTimeout: policy.coolDownMs,
      errorFilter: (error: ProviderFailure) => error.status !== undefined && error.status < 500,
    });
    breaker.on('open', () => emit({ type: 'CircuitOpened', data: { model } }));
    breaker.on('close', () => emit({ type: 'CircuitClosed', data: { model } }));
    breakers.set(model, breaker);
    return breaker;
  };

  return async (question, options) => {
    try {
      return await breakerFor(question.model).fire(question, options);
    } catch (error) {
      if (CircuitBreaker.isOurError(error as Error))
        throw Object.assign(new Error(`${question.model} is not answering`, { cause: error }), {
          code: 'CIRCUIT_OPEN',
        });
      throw error;
    }
  };
};
