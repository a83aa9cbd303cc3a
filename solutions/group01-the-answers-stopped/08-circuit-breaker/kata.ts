import type { ProviderFailure } from '#answerdesk/domain.ts';
import type { BreakerPolicy, BreakerPorts, ProtectProvider } from '#answerdesk/seams/circuit-breaker.ts';

type State = { is: 'closed' } | { is: 'open'; until: number } | { is: 'probing' };

class CircuitOpenError extends Error {
  readonly code = 'CIRCUIT_OPEN';
}

// A tenant's bad request, revoked key or spent quota says nothing about the model.
const isProvidersFault = ({ status }: ProviderFailure) => status === undefined || status >= 500;

class Circuit {
  readonly #model: string;
  readonly #policy: BreakerPolicy;
  readonly #emit: BreakerPorts['emit'];
  #state: State = { is: 'closed' };
  #outcomes: { at: number; failed: boolean }[] = [];

  constructor(model: string, policy: BreakerPolicy, emit: BreakerPorts['emit']) {
    this.#model = model;
    this.#policy = policy;
    this.#emit = emit;
  }

  /** Whether this call may go, and if so whether it is the one that finds out. */
  admit(): 'call' | 'probe' {
    if (this.#state.is === 'closed') return 'call';
    if (this.#state.is === 'open' && Date.now() >= this.#state.until) {
      this.#state = { is: 'probing' };
      return 'probe';
    }
    throw new CircuitOpenError(`${this.#model} is not answering; not asked`);
  }

  settle(as: 'call' | 'probe', failed: boolean): void {
    if (as === 'probe') this.#found(failed);
    else if (this.#state.is === 'closed') this.#count(failed); // a straggler from before the opening decides nothing
  }

  #found(failed: boolean): void {
    if (failed) this.#open();
    else this.#close();
  }

  #count(failed: boolean): void {
    const now = Date.now();
    this.#outcomes = [...this.#outcomes.filter(({ at }) => at > now - this.#policy.windowMs), { at: now, failed }];
    const failures = this.#outcomes.filter((outcome) => outcome.failed).length;
    const total = this.#outcomes.length;
    if (total >= this.#policy.minimumCalls && failures > this.#policy.failureRatio * total) this.#open();
  }

  #open(): void {
    this.#state = { is: 'open', until: Date.now() + this.#policy.coolDownMs };
    this.#emit({ type: 'CircuitOpened', data: { model: this.#model } });
  }

  #close(): void {
    this.#state = { is: 'closed' };
    this.#outcomes = [];
    this.#emit({ type: 'CircuitClosed', data: { model: this.#model } });
  }
}

export const protectProvider: ProtectProvider = ({ ask, emit }, policy) => {
  const circuits = new Map<string, Circuit>();

  return async (question, options) => {
    const circuit = circuits.get(question.model) ?? new Circuit(question.model, policy, emit);
    circuits.set(question.model, circuit);
    const as = circuit.admit();
    try {
      const answer = await ask(question, options);
      circuit.settle(as, false);
      return answer;
    } catch (error) {
      circuit.settle(as, isProvidersFault(error as ProviderFailure));
      throw error;
    }
  };
};
