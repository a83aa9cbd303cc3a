import type { Turn } from '#answerdesk/seams/compression.ts';
import { between, pick } from '#kit/seeded.ts';

const CONSTRAINTS = [
  'We must not restart the gateway before Friday.',
  'Please do not suggest an upgrade, we are not allowed to change the version this quarter.',
  'Only changes to the configuration are possible, no new dependencies.',
] as const;
const SMALL_TALK = [
  'Thank you for coming back to us so quickly, the team appreciates it a lot.',
  'I have read your last message twice and forwarded it to the colleague who looks after the service at night.',
  'It has been like that since the beginning of the week, as far as we can tell from the dashboards.',
  'Our own customers have begun to ask about it too, so a short answer would already help.',
  'We looked at the release notes and could not find anything that sounds like it.',
  'The staging system behaves in the same way, which is good news in a sense.',
] as const;

/** A conversation before a question: a figure and a wish somewhere in much talk. `mustKeep` may not get lost. */
export function conversation(seed: number, id: string, tenant: string): { turns: Turn[]; mustKeep: string[] } {
  const count = between(seed, `turns ${id}`, 12, 22);
  const ticket = String(between(seed, `ticket ${id}`, 40_000, 49_999));
  const wish = pick(seed, `wish ${id}`, CONSTRAINTS);
  const [ticketAt, wishAt] = [between(seed, `ticket at ${id}`, 0, 4), between(seed, `wish at ${id}`, 5, 9)];
  const turns = Array.from({ length: count }, (_, n): Turn => {
    const talk = pick(seed, `talk ${id} ${n}`, SMALL_TALK);
    const turn = { id: `${id}/${n + 1}`, tenant, role: n % 2 === 0 ? 'user' : 'assistant', text: talk } as const;
    if (n === ticketAt) return { ...turn, role: 'user', text: `${talk} The ticket is ${ticket}.` };
    return n === wishAt ? { ...turn, role: 'user', text: wish, isConstraint: true } : turn;
  });
  return { turns, mustKeep: [ticket, wish] };
}
