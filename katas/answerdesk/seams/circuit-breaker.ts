import type { Ask, Emit } from '../domain.ts';

/** Times in milliseconds of the ordinary clock. */
export interface BreakerPolicy {
  windowMs: number;
  minimumCalls: number;
  /** Above this share of failed calls in the window (0–1) a model counts as down. */
  failureRatio: number;
  coolDownMs: number;
}

export interface BreakerEvent {
  type: 'CircuitOpened' | 'CircuitClosed';
  data: { model: string };
}

export interface BreakerPorts {
  ask: Ask;
  emit: Emit<BreakerEvent>;
}

/** Kata 1.8. What comes back is asked instead of `ask`; it refuses with an error whose `code` is 'CIRCUIT_OPEN'. */
export type ProtectProvider = (ports: BreakerPorts, policy: BreakerPolicy) => Ask;
