import type { Ask, ProviderFailure, Question } from '../domain.ts';
import { type Plan, type ProviderWorld, planCall } from './provider-model.ts';

export interface Call {
  question: Question;
  /** Milliseconds since the scene began. */
  at: number;
  endedAt?: number;
  /** The caller hung up before it ended. */
  aborted?: true;
  failure?: ProviderFailure;
}

/** The provider as a port, for suites: the same model that stands behind HTTP in the gate. Gives up after `timeoutMs`. */
export function providerPort(
  world: ProviderWorld,
  now: () => number,
  timeoutMs = Infinity,
): { ask: Ask; calls: Call[] } {
  const calls: Call[] = [];
  const underWay = new Map<string, number>();
  const count = (model: string, change: number) => underWay.set(model, (underWay.get(model) ?? 0) + change);

  const ask: Ask = (question, { signal } = {}) => {
    const call: Call = { question: { ...question }, at: now() };
    calls.push(call);
    const plan = planCall(world, question, call.at, underWay.get(question.model) ?? 0);
    count(question.model, 1);
    return new Promise((resolve, reject) => {
      const end = (failure?: ProviderFailure) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', hangUp);
        count(question.model, -1);
        call.endedAt = now();
        if (!failure) return resolve({ questionId: question.id, text: `answer to ${question.id}` });
        call.failure = failure;
        reject(failure);
      };
      const hangUp = () => {
        call.aborted = true;
        end(signal?.reason as ProviderFailure);
      };
      const late = plan.latencyMs > timeoutMs;
      const failure = late ? providerFailure({ code: 'ETIMEDOUT' }) : failureOf(plan);
      const timer = setTimeout(() => end(failure), Math.min(plan.latencyMs, timeoutMs));
      if (signal?.aborted) return hangUp();
      signal?.addEventListener('abort', hangUp);
    });
  };
  return { ask, calls };
}

function failureOf({ status, code, retryAfter }: Plan): ProviderFailure | undefined {
  if (code !== undefined) return providerFailure({ code });
  if (status === 200) return undefined;
  return providerFailure({ status, ...(retryAfter !== undefined && { retryAfter }) });
}

/** An error as the provider client throws it. */
export function providerFailure(how: Pick<ProviderFailure, 'status' | 'code' | 'retryAfter'>): ProviderFailure {
  return Object.assign(new Error(`provider: ${how.status ?? how.code}`), how);
}
