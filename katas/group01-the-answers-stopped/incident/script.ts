import type { Arrival, AskingScene } from '#answerdesk/simulation/asking.ts';
import type { Fault } from '#answerdesk/simulation/provider-model.ts';
import type { World } from '#answerdesk/simulation/world.ts';
import type { RecordedEvent, Recording } from '#kit/events.ts';
import { between, pick, roll } from '#kit/seeded.ts';

/** The recording's seed. Any other is another morning of the same kind. */
export const RECORDED_SEED = 20260303;

const MINUTE = 60_000;
const TENANTS = ['acme', 'globex', 'initech', 'umbrella'] as const;
const TEXTS = ['Where is my refund?', 'How do I reset my password?', 'Which plan has single sign-on?'] as const;

/** Three questions in four are for sol-large, one for sol-small, which stands on the same host. */
function questions(seed: number): Arrival[] {
  const arrivals: Arrival[] = [];
  for (let at = 2_000, n = 1; at < 20 * MINUTE; at += between(seed, `gap ${n}`, 3_000, 7_000), n++) {
    const id = `q-${String(n).padStart(3, '0')}`;
    const question = {
      id,
      tenant: pick(seed, `tenant ${id}`, TENANTS),
      model: roll(seed, `model ${id}`) < 0.75 ? 'sol-large' : 'sol-small',
      text: pick(seed, `text ${id}`, TEXTS),
      ...(roll(seed, `fresh ${id}`) < 0.1 && { mustBeFresh: true }),
    };
    arrivals.push({ at, question });
  }
  return arrivals;
}

/** Fourteen minutes: sol-large climbs from 0.8 s to 45 s, then answers 503 and 429 in bursts, then is well again. */
function brownOut(seed: number): Fault[] {
  const began = between(seed, 'began', 100, 140) * 1000;
  const at = (minutes: number) => began + minutes * MINUTE;
  const model = 'sol-large';
  const climb = [2_000, 6_000, 12_000, 20_000, 30_000, 45_000, 45_000, 45_000].map(
    (latencyMs, n): Fault => ({ from: at(n), to: at(n + 1), model, latencyMs }),
  );
  const bursts = [8, 9.5, 11, 12.5].flatMap((minute, n): Fault[] => [
    { from: at(minute), to: at(minute + 0.75), model, latencyMs: 1_500, status: 503, share: 0.85 },
    { from: at(minute + 0.75), to: at(minute + 1.5), model, latencyMs: 300, status: 429, retryAfter: '20', share: 0.7 },
    {
      from: at(minute),
      to: at(minute + 1.5),
      model,
      ...(n % 2 ? { latencyMs: 4_000, code: 'ECONNRESET' } : { latencyMs: 45_000 }),
    },
  ]);
  return [...climb, ...bursts];
}

/** When the provider's own fault ends, ms since the scene began. */
export const faultEnds = (scene: AskingScene): number => Math.max(...scene.faults.map(({ to }) => to));

/** The morning of 3 March, or one like it. */
export function morning(seed: number): AskingScene {
  return { seed, arrivals: questions(seed), faults: brownOut(seed), until: 26 * MINUTE, capacity: 4, refusesAbove: 60 };
}

/** All of Answerdesk on such a morning: two sources suffer as well, and a tenant's admin re-indexes in the midst of it. */
export function world(seed: number): World {
  const scene = morning(seed);
  const began = Math.min(...scene.faults.map(({ from }) => from));
  const [from, to] = [began, faultEnds(scene)];
  return {
    ...scene,
    sourceFaults: [
      { source: 'status-page', from, to, share: 0.3 },
      { source: 'tickets', from, to, share: 0.2, latencyMs: 20_000 },
    ],
    reindexes: [{ at: from + 3 * MINUTE, tenant: pick(seed, 'reindex', TENANTS), units: 90 }],
  };
}

/** The same morning from its recording: who asked what and when, and the provider's faults. */
export function recordedMorning({ events, at }: Recording): AskingScene {
  const arrivals = events
    .filter(({ type }) => type === 'QuestionAsked')
    .map((event) => ({ at: at(event), event: event.id, question: event.data['question'] as Arrival['question'] }));
  const ends = new Map(events.filter(({ type }) => type === 'ProviderFaultEnded').map((e) => [e.data['fault'], at(e)]));
  // By their number, as the script has them: where two overlap the first one holds.
  const faults = events
    .filter(({ type }) => type === 'ProviderFaultBegan')
    .sort((a, b) => Number(a.data['fault']) - Number(b.data['fault']))
    .map((event) => {
      const { fault, ...what } = event.data;
      return { ...what, from: at(event), to: ends.get(fault) ?? Infinity } as Fault;
    });
  return { ...morning(RECORDED_SEED), arrivals, faults };
}

/** What of the recording reaches a kata's seam: the questions and the provider's faults. */
const asked = ({ type }: RecordedEvent) =>
  type === 'QuestionAsked' || type === 'ProviderFaultBegan' || type === 'ProviderFaultEnded';

/** Which events make up each kata's incident.jsonl; the other katas record their own. */
export const slices: Record<string, (event: RecordedEvent) => boolean> = {
  '1.1': asked,
  '1.5': asked,
  '1.6': asked,
  '1.7': asked,
  '1.8': asked,
  '1.10': asked,
};
