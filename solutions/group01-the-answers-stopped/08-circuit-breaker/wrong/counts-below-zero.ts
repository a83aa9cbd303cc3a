// Ages failures out by timers and sets its counters back on closing: the timers still under way take them below zero, and the next outage isn't seen.
import { setTimeout as after } from 'node:timers/promises';
import type { ProviderFailure } from '#answerdesk/domain.ts';
import type { BreakerPolicy, BreakerPorts, ProtectProvider } from '#answerdesk/seams/circuit-breaker.ts';

const refusal = (model: string) => Object.assign(new Error(`${model} is not answering`), { code: 'CIRCUIT_OPEN' });

const circuit = (model: string, emit: BreakerPorts['emit'], policy: BreakerPolicy) => {
  let calls = 0,
    failures = 0,
    state: 'closed' | 'open' | 'ready' | 'probing' = 'closed',
    pause = policy.coolDownMs;

  const count = (failed: boolean) => {
    calls++;
    failures += Number(failed);
    void after(policy.windowMs, undefined, { ref: false }).then(() => {
      calls--;
      failures -= Number(failed);
    });
  };
  const open = () => {
    state = 'open';
    emit({ type: 'CircuitOpened', data: { model } });
    void after(pause, undefined, { ref: false }).then(() => {
      state = 'ready';
    });
    pause = Math.min(pause * 1.5, policy.coolDownMs * 2);
  };
  const close = () => {
    state = 'closed';
    calls = failures = 0;
    pause = policy.coolDownMs;
    emit({ type: 'CircuitClosed', data: { model } });
  };

  return <T>(call: () => Promise<T>): Promise<T> => {
    if (state === 'open' || state === 'probing') return Promise.reject(refusal(model));
    const probe = state === 'ready';
    if (probe) state = 'probing';
    const settled = (failed: boolean) => {
      if (probe) return failed ? open() : close();
      if (state !== 'closed') return;
      count(failed);
      if (calls >= policy.minimumCalls && failures / calls >= policy.failureRatio) open();
    };
    return call().then(
      (value) => {
        settled(false);
        return value;
      },
      (error: ProviderFailure) => {
        settled((error.status ?? 500) >= 500);
        throw error;
      },
    );
  };
};

export const protectProvider: ProtectProvider = ({ ask, emit }, policy) => {
  const circuits: Record<string, ReturnType<typeof circuit>> = {};
  return (question, options) =>
    (circuits[question.model] ??= circuit(question.model, emit, policy))(() => ask(question, options));
};
