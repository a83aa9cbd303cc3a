import { CHANNELS, factsOf, messageOf } from '#answerdesk/simulation/channel-messages.ts';
import type { DeployWorld, Office } from '#answerdesk/simulation/deploying/deploy-world.ts';
import * as office from '#answerdesk/simulation/deploying/office.ts';
import { between, pick, roll } from '#kit/seeded.ts';

/** The night of 19 May, 02:14 UTC. */
export const BEGINS = Date.UTC(2026, 4, 19, 2, 14);
export const RECORDED_SEED = 214;

const SECOND = 1_000;
const MINUTE = 60_000;
const QUESTIONS = 107;
const CONVERSATIONS = 12;
const INSTANCES = 4;
const iso = (at: number) => new Date(BEGINS + at).toISOString();

function messages(seed: number): DeployWorld['messages'] {
  return Array.from({ length: QUESTIONS }, (_, n) => {
    const name = `n${n + 1}`;
    const at = Math.floor((n / QUESTIONS) * 100 * SECOND) + between(seed, `at ${name}`, 0, 2_000);
    const message = messageOf(seed, pick(seed, `channel ${name}`, CHANNELS), factsOf(seed, name, BEGINS + at));
    return { at, message, rated: roll(seed, `rated ${name}`) < 0.5 };
  });
}

function conversations(seed: number): DeployWorld['conversations'] {
  return Array.from({ length: CONVERSATIONS }, (_, n) => {
    const id = `c-${n + 1}`;
    const turns = Array.from({ length: between(seed, `turns ${id}`, 4, 8) }, (_, turn) => `${id} says ${turn + 1}`);
    return { at: between(seed, `at ${id}`, 0, 2 * MINUTE), tenant: pick(seed, id, ['acme', 'globex']), id, turns };
  });
}

/** Every instance twice, one after the other; some go in the midst of a statement. */
function kills(seed: number): DeployWorld['kills'] {
  return [1, 2].flatMap((round) =>
    Array.from({ length: INSTANCES }, (_, instance) => ({
      at: round * 90 * SECOND + instance * 15 * SECOND + between(seed, `kill ${round} ${instance}`, 0, 5 * SECOND),
      instance,
      ...(roll(seed, `statement ${round} ${instance}`) < 0.7 && {
        statement: between(seed, `nth ${round} ${instance}`, 1, 25),
      }),
      backAfterMs: 3_000,
    })),
  );
}

function backOffice(seed: number, desk: Office, sent: DeployWorld['messages']): ReturnType<DeployWorld['office']> {
  const tenant = pick(seed, 'cleaned up', ['acme', 'globex']);
  const asked = sent.map(({ message }) => message.facts.id);
  const rated = sent.filter((one) => one.rated).map(({ message }) => message.facts.id);
  let deployed = () => {};
  const deploy = new Promise<void>((resolve) => {
    deployed = resolve;
  });
  return [
    { at: 0, happen: () => office.setPrice(desk, 3_000_000, 'list price', iso(-30 * 24 * 60 * MINUTE)) },
    { at: 5 * SECOND, happen: () => office.fillKnowledgeBase(desk, tenant) },
    { at: 10 * SECOND, happen: () => office.editPrompt(desk, deploy) },
    { at: 60 * SECOND, happen: () => office.deleteByMistake(desk, tenant) },
    { at: 100 * SECOND, happen: () => office.setPrice(desk, 3_600_000, 'new list price', iso(100 * SECOND)) },
    { at: 150 * SECOND, happen: () => office.editLog(desk, asked[5] as string) },
    // It should have been dearer from the beginning of the night; what was charged was charged.
    { at: 190 * SECOND, happen: () => office.setPrice(desk, 4_000_000, 'correction', iso(30 * SECOND)) },
    { at: 250 * SECOND, happen: async () => deployed() },
    { at: 260 * SECOND, happen: () => office.restore(desk, tenant) },
    { at: 6 * MINUTE, happen: () => office.rebuildTotals(desk) },
    { at: 6.5 * MINUTE, happen: () => office.checkTotals(desk) },
    { at: 7 * MINUTE, happen: () => office.explainCharges(desk) },
    { at: 7.5 * MINUTE, happen: () => office.auditLog(desk, asked) },
    { at: 8 * MINUTE, happen: () => office.checkBooks(desk, rated, asked) },
  ];
}

/** The night of 19 May, or one like it. */
export function night(seed: number): DeployWorld {
  const sent = messages(seed);
  return {
    seed,
    instances: INSTANCES,
    messages: sent,
    conversations: conversations(seed),
    kills: kills(seed),
    office: (desk) => backOffice(seed, desk, sent),
    until: 8.5 * MINUTE,
  };
}
