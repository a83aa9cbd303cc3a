import { roll } from '#kit/seeded.ts';
import type { Question } from '../domain.ts';

/** From `from` until `to` (ms since the scene began) a share of the matching calls meets this. */
export interface Fault {
  from: number;
  to: number;
  model?: string;
  tenant?: string;
  /** Question ids. */
  questions?: string[];
  /** 0–1, default 1. Which calls are hit depends on the question and the second, not on earlier calls. */
  share?: number;
  /** Instead of the healthy latency. */
  latencyMs?: number;
  /** HTTP status that the call ends with; without a status or code it is only slow. */
  status?: number;
  /** Seconds, for 429 and 503. */
  retryAfter?: string;
  /** How it ends where no whole HTTP answer comes: `ECONNRESET`; over HTTP also `STREAM_CUT`, half an answer. */
  code?: string;
}

/** The provider in one scene: seeded, and slower the more is asked of it at once. */
export interface ProviderWorld {
  seed: number;
  faults: readonly Fault[];
  /** Latency of a call to a healthy model with nothing else to do. Default 800. */
  healthyMs?: number;
  /** Calls that one model serves at once without slowing down. Default: no limit. */
  capacity?: number;
  /** Calls under way from which a model turns more away with 503. Default: no limit. */
  refusesAbove?: number;
}

export interface Plan {
  latencyMs: number;
  status: number;
  retryAfter?: string;
  code?: string;
}

/** What becomes of a call that begins at `at` while `underWay` others of its model are. Pure. */
export function planCall(world: ProviderWorld, question: Question, at: number, underWay: number): Plan {
  const { seed, faults, healthyMs = 800, capacity = Infinity, refusesAbove = Infinity } = world;
  if (underWay >= refusesAbove) return { latencyMs: 150, status: 503 };
  const key = `${question.id}@${Math.floor(at / 1000)}`;
  const fault = faults.find((f) => hits(f, question, at) && roll(seed, `hit ${key}`) < (f.share ?? 1));
  const spread = 0.85 + 0.3 * roll(seed, `latency ${key}`);
  const crowding = Math.max(1, (underWay + 1) / capacity);
  const failing = fault?.status !== undefined || fault?.code !== undefined;
  const latencyMs = Math.round((fault?.latencyMs ?? (failing ? 200 : healthyMs)) * spread * crowding);
  return {
    latencyMs,
    status: fault?.status ?? 200,
    ...(fault?.retryAfter !== undefined && { retryAfter: fault.retryAfter }),
    ...(fault?.code !== undefined && { code: fault.code }),
  };
}

function hits(fault: Fault, question: Question, at: number): boolean {
  return (
    at >= fault.from &&
    at < fault.to &&
    (fault.model === undefined || fault.model === question.model) &&
    (fault.tenant === undefined || fault.tenant === question.tenant) &&
    (fault.questions === undefined || fault.questions.includes(question.id))
  );
}
