import { roll } from '#kit/seeded.ts';
import type { VirtualClock } from '#kit/virtual-time.ts';

/** What the provider does with one unit. */
export interface UnitPlan {
  /** How long a call takes; `Infinity` for a call that never ends. */
  ms: number;
  /** The message with which the call fails. */
  fails?: string;
  /** It goes on when the signal aborts. */
  stubborn?: boolean;
}

/** One call as the provider saw it. Times in milliseconds since the run began. */
export interface EmbeddingCall {
  unit: string;
  at: number;
  /** Absent while it is under way. */
  endedAt?: number;
  /** Absent too when the call was aborted. */
  gave?: 'vector' | 'failure';
  signal: AbortSignal | undefined;
}

export const vectorOf = (seed: number, unit: string): string => `vector ${roll(seed, unit)}`;

/** An embedding provider that does what the plan says, and the calls that reached it. */
export function embeddingPort(seed: number, clock: VirtualClock, plan: (unit: string) => UnitPlan) {
  const calls: EmbeddingCall[] = [];
  const onAbort = abortHooks();
  const embed = (unit: string, signal: AbortSignal): Promise<string> =>
    new Promise((resolve, reject) => {
      const { ms, fails, stubborn } = plan(unit);
      const call: EmbeddingCall = { unit, at: clock.now(), signal };
      calls.push(call);
      const end = () => {
        call.endedAt = clock.now();
        unhook();
      };
      const finish = () => {
        end();
        call.gave = fails === undefined ? 'vector' : 'failure';
        if (fails === undefined) resolve(vectorOf(seed, unit));
        else reject(Object.assign(new Error(fails), { status: 503 }));
      };
      const stop = () => {
        clearTimeout(timer);
        end();
        reject(Object.assign(new Error('aborted'), { name: 'AbortError' }));
      };
      const timer = ms < Infinity ? setTimeout(finish, ms) : undefined;
      let unhook = () => {};
      if (stubborn || !signal) return;
      if (signal.aborted) stop();
      else unhook = onAbort(signal, stop);
    });
  return { embed, calls };
}

/** One listener for each signal: Node warns of more than ten. What is given back takes the hook away. */
function abortHooks(): (signal: AbortSignal, hook: () => void) => () => void {
  const hooksOf = new Map<AbortSignal, Set<() => void>>();
  return (signal, hook) => {
    const hooks = hooksOf.get(signal) ?? new Set();
    if (!hooksOf.has(signal)) {
      hooksOf.set(signal, hooks);
      signal.addEventListener('abort', () => {
        for (const stop of [...hooks]) stop();
      });
    }
    hooks.add(hook);
    return () => hooks.delete(hook);
  };
}
