import type { AppQuestion } from '#answerdesk/simulation/submitting-apps/app-client.ts';
import type { AppsWorld } from '#answerdesk/simulation/submitting-apps/apps-world.ts';
import { between, pick, roll } from '#kit/seeded.ts';

/** The morning of 14 April, 08:02 UTC. */
export const BEGINS = Date.UTC(2026, 3, 14, 8, 2);
export const RECORDED_SEED = 14;

const MINUTE = 60_000;
const QUESTIONS = 731;
const TENANTS = 60;
const SUBJECTS = ['refund', 'invoice', 'parcel', 'password', 'plan'] as const;

/** When the two workers are started anew. */
const restarts = (seed: number) => [
  { at: between(seed, 'first restart', 6, 7) * MINUTE, worker: 1, backAfterMs: 4_000 },
  { at: between(seed, 'second restart', 8, 9) * MINUTE, worker: 2, backAfterMs: 4_000 },
];
/** The model turns some calls away. */
const OUTAGE = { from: 4 * MINUTE, to: 5 * MINUTE, status: 503, share: 0.15 };

/** Some have waited for the first workers to begin. */
const atTheDoor = (n: number) => n < 24;

/** Whether a second press finds the first one's call under way: not where it may have ended or failed meanwhile. */
const isCalm = (seed: number, at: number) =>
  (at < OUTAGE.from - 5_000 || at > OUTAGE.to + 15_000) &&
  restarts(seed).every((restart) => Math.abs(at - restart.at) > 15_000);

/** Over eleven minutes; one in eight is sent twice by an impatient hand. */
function questions(seed: number): AppQuestion[] {
  const sent = new Map<string, number>();
  return Array.from({ length: QUESTIONS }, (_, n) => {
    const id = `q-${String(n + 1).padStart(3, '0')}`;
    const tenant = `tenant-${String(between(seed, `tenant of ${id}`, 1, TENANTS)).padStart(2, '0')}`;
    const key = `send-${(sent.get(tenant) ?? 0) + 1}`;
    sent.set(tenant, (sent.get(tenant) ?? 0) + 1);
    const context = {
      plan: pick(seed, `plan ${id}`, ['free', 'team']),
      screen: { width: 390, dark: roll(seed, id) < 0.5 },
    };
    const at = atTheDoor(n)
      ? between(seed, `at ${id}`, 0, 400)
      : Math.floor((n / QUESTIONS) * 11 * MINUTE + between(seed, `at ${id}`, 0, 3_000));
    const again = isCalm(seed, at) && roll(seed, `again ${id}`) < 0.12;
    return {
      id,
      tenant,
      at,
      submission: { text: `Where is my ${pick(seed, `subject ${id}`, SUBJECTS)}? (${id})`, context },
      key,
      ...(again && { pressesAgainAfterMs: between(seed, `again after ${id}`, 800, 3_200) }),
    };
  });
}

/** Five questions that come with a key which their tenant's app has used before, for another question. */
function miscounted(seed: number, among: readonly AppQuestion[]): AppQuestion[] {
  return Array.from({ length: 5 }, (_, n) => {
    const id = `q-${900 + n}`;
    const { id: keyUsedBy, tenant, key, at } = among[between(seed, `miscounted ${id}`, 50, 600)] as AppQuestion;
    const submission = { text: `What does the plan cost? (${id})`, context: { plan: 'free' } };
    return { id, tenant, at: at + 90_000, submission, key, keyUsedBy };
  });
}

/** The morning of 14 April, or one like it. */
export function morning(seed: number): AppsWorld {
  const asked = questions(seed);
  return {
    seed,
    questions: [...asked, ...miscounted(seed, asked)],
    workers: 2,
    // The model takes about as long as the gateway waits.
    faults: [OUTAGE],
    healthyMs: 4_680,
    acknowledgeWithinMs: 6_000,
    impatient: 0.15,
    lost: 0.02,
    lostForMs: 45_000,
    restarts: restarts(seed),
    until: 16 * MINUTE,
  };
}
