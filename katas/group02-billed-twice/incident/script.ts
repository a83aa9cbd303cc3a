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

/** Over eleven minutes, more in the middle of each; one in nine is sent twice by an impatient hand. */
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
    const again = roll(seed, `again ${id}`) < 0.11;
    return {
      id,
      tenant,
      at: Math.floor((n / QUESTIONS) * 11 * MINUTE + between(seed, `at ${id}`, 0, 3_000)),
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
    faults: [{ from: 4 * MINUTE, to: 5 * MINUTE, status: 503, share: 0.15 }],
    healthyMs: 4_400,
    acknowledgeWithinMs: 6_000,
    impatient: 0.15,
    lost: 0.02,
    lostForMs: 45_000,
    restarts: [
      { at: between(seed, 'first restart', 6, 7) * MINUTE, worker: 1, backAfterMs: 4_000 },
      { at: between(seed, 'second restart', 8, 9) * MINUTE, worker: 2, backAfterMs: 4_000 },
    ],
    until: 16 * MINUTE,
  };
}
