import type { VirtualClock } from '#kit/virtual-time.ts';
import type { Ask, ProviderFailure, Question } from '../domain.ts';
import type { ProviderWorld } from './provider-model.ts';
import { type Call, providerPort } from './provider-port.ts';

export interface Arrival {
  /** Milliseconds since the scene began. */
  at: number;
  question: Question;
  /** Id of the recorded event, where the arrival comes from a recording. */
  event?: number;
}

export interface AskingScene extends ProviderWorld {
  arrivals: readonly Arrival[];
  /** How long the scene is watched. */
  until: number;
  /** The provider client gives up on a call after this. Default: never. */
  timeoutMs?: number;
}

/** What became of one question. `endedAt` is absent while its asker still waits. */
export interface Outcome<Reply> extends Arrival {
  endedAt?: number;
  reply?: Reply;
  failure?: ProviderFailure;
  /** Calls that reached the provider for it. */
  calls: number;
}

/** Asks the questions of a scene, each at its time, of what `wire` makes of the provider. */
export async function playQuestions<Reply>(
  scene: AskingScene,
  clock: VirtualClock,
  wire: (ask: Ask) => (question: Question) => Promise<Reply>,
): Promise<{ outcomes: Outcome<Reply>[]; calls: Call[] }> {
  const outcomes: Outcome<Reply>[] = scene.arrivals.map((arrival) => ({ ...arrival, calls: 0 }));
  const start = clock.now();
  const now = () => clock.now() - start;
  const { ask, calls } = providerPort(scene, now, scene.timeoutMs);
  const answer = wire(ask);
  arriveInTurn(outcomes, async (outcome) => {
    try {
      outcome.reply = await answer({ ...outcome.question });
    } catch (error) {
      outcome.failure = error as ProviderFailure;
    }
    outcome.endedAt = now();
  });
  await clock.advance(scene.until);
  const byId = new Map(outcomes.map((outcome) => [outcome.question.id, outcome]));
  for (const { question } of calls) {
    const outcome = byId.get(question.id);
    if (outcome) outcome.calls++;
  }
  return { outcomes, calls };
}

/** Starts each at its time from now. One timer at a time: hundreds of pending timers make a fake clock slow. */
export function arriveInTurn<T extends { at: number }>(
  arrivals: readonly T[],
  arrive: (arrival: T) => Promise<void> | void,
): void {
  const start = Date.now();
  const now = () => Date.now() - start;
  const queue = [...arrivals].sort((a, b) => a.at - b.at);
  let next = 0;
  const go = () => {
    for (let head = queue[next]; head && head.at <= now(); head = queue[++next]) void arrive(head);
    const head = queue[next];
    if (head) setTimeout(go, head.at - now());
  };
  go();
}
