import type { Turn } from '#answerdesk/seams/compression.ts';
import { between, pick, roll } from '#kit/seeded.ts';

/** A sentence that bears facts: as it was said, and as briefly as it can be. */
export interface Saying {
  long: string;
  short: string;
  /** The first one marks the sentence: no other one has it. */
  facts: readonly string[];
  /** It says that something is not so; this word is what. */
  denies?: string;
}
export interface Said {
  turn: Turn;
  sayings: readonly Saying[];
}

const TALK = [
  'Thank you for coming back to us so quickly, the team was glad about it.',
  'It has been like that since the beginning of the week, as far as we can tell.',
  'Our own customers have begun to ask about it too, so a short answer would already help.',
  'The test system behaves in the same way, which is good news in a sense.',
  'Let us know if a call would be easier for you, we are in the office all day.',
] as const;
const CODES = ['FST_ERR_CTP_BODY_TOO_LARGE', 'FST_ERR_SEND_INSIDE_ONERR', 'FST_ERR_HOOK_TIMEOUT'] as const;
const OPTIONS = ['bodyLimit', 'keepAliveTimeout', 'maxParamLength', 'connectionTimeout'] as const;
const NAMES = ['Mireille', 'Tadeusz', 'Ingrid', 'Okonkwo'] as const;

/** The nth sentence of a conversation: its figures are its own. */
function saying(seed: number, id: string, n: number): Saying {
  const figure = String(10_000 + 97 * n + between(seed, `figure ${id}`, 0, 90));
  const kind = between(seed, `kind ${id}`, 0, 6);
  const code = `${pick(seed, id, CODES)}_${n}`;
  const option = pick(seed, `option ${id}`, OPTIONS);
  const name = `${pick(seed, `name ${id}`, NAMES)}${'abcdefghijklmnopqrstuvwxyz'[n % 26]}${'aeiou'[n % 5]}`;
  switch (kind) {
    case 0:
      return {
        long: `I am sorry to come back to this again, but order ${figure}, which we talked about on the phone, has not arrived at the warehouse.`,
        short: `Order ${figure} has not arrived at the warehouse.`,
        facts: [figure],
        denies: 'arrived',
      };
    case 1:
      return {
        long: `As our accountant said this morning, invoice INV-${figure} is over 49.${(n % 90) + 10} euros, and that is what was taken from the account.`,
        short: `It is about invoice INV-${figure} over 49.${(n % 90) + 10} euros.`,
        facts: [`INV-${figure}`, `49.${(n % 90) + 10}`],
      };
    case 2:
      return {
        long: `The page on limits, as far as we can read it and if it still holds, says ${figure} bytes for each request [${n + 1}].`,
        short: `A request may have ${figure} bytes [${n + 1}].`,
        facts: [figure, `[${n + 1}]`],
      };
    case 3:
      return {
        long: `In the log of the night shift, of which you have a copy, there is ${code} again and again, sometimes twice a minute.`,
        short: `The log shows ${code} again and again.`,
        facts: [code],
      };
    case 4:
      return {
        long: `By the way, and this is important to all of us here, host ${figure} must never be restarted during the day.`,
        short: `Host ${figure} must never be restarted during the day.`,
        facts: [figure],
        denies: 'restarted',
      };
    case 5:
      return {
        long: `From now on, please write to ${name}, who looks after the account while I am away with the family.`,
        short: `From now on, please write to ${name}.`,
        facts: [name],
      };
    default:
      return {
        long: `We have set ${option} to ${figure} on the test host, as you had proposed to us, and it looks better since then.`,
        short: `We have set ${option} to ${figure} on the test host.`,
        facts: [figure, option],
      };
  }
}

export interface TalkOptions {
  turns: number;
  /** Who speaks in turn. */
  tenants: readonly [string, ...string[]];
  constraint?: string;
}

/** A conversation, oldest first: talk, and in it what must not get lost. */
export function talk(seed: number, id: string, { turns, tenants, constraint }: TalkOptions): Said[] {
  let n = 0;
  const saysAt = constraint === undefined ? -1 : between(seed, `constraint ${id}`, 0, turns - 1);
  return Array.from({ length: turns }, (_, at): Said => {
    const turn = { id: `${id}/${at + 1}`, role: at % 2 === 0 ? 'user' : 'assistant' } as const;
    const tenant = tenants[between(seed, `tenant ${turn.id}`, 0, tenants.length - 1)] as string;
    if (at === saysAt)
      return { turn: { ...turn, role: 'user', tenant, text: constraint ?? '', isConstraint: true }, sayings: [] };
    const count = roll(seed, `says ${turn.id}`) < 0.75 ? between(seed, `how much ${turn.id}`, 1, 2) : 0;
    const sayings = Array.from({ length: count }, () => saying(seed, `${turn.id} ${n}`, n++));
    const sentences = [pick(seed, `before ${turn.id}`, TALK), ...sayings.map(({ long }) => long)];
    if (roll(seed, `after ${turn.id}`) < 0.5) sentences.push(pick(seed, `talk after ${turn.id}`, TALK));
    return { turn: { ...turn, tenant, text: sentences.join(' ') }, sayings };
  });
}

/** This desk's tokens: words and marks. */
export const countTokens = (text: string): number => text.match(/\w+|[^\w\s]/g)?.length ?? 0;
export const tokensOf = (texts: readonly { text: string }[]): number =>
  texts.reduce((sum, { text }) => sum + countTokens(text), 0);

/** Tokens of all sentences that bear facts, and of the same at their briefest; constraints count in both. */
export function leastTokens(said: readonly Said[]): { extracted: number; briefest: number; bound: number } {
  const sayings = said.flatMap((one) => one.sayings);
  const bound = tokensOf(said.filter(({ turn }) => turn.isConstraint).map(({ turn }) => turn));
  const sum = (of: (one: Saying) => string) => bound + sayings.reduce((all, one) => all + countTokens(of(one)), 0);
  return { extracted: sum(({ long }) => long), briefest: sum(({ short }) => short), bound };
}

/** How the model sums up: one way in which it goes wrong, or none. */
export const MOODS = [
  'faithful',
  'loses a figure',
  'loses a not',
  'adds a not',
  'moves a not',
  'adds a figure',
  'adds a name',
  'mixes tenants',
  'rambles',
  'fails',
  'says nothing',
] as const;
export type Mood = (typeof MOODS)[number];

export interface Summarizer {
  summarize: (turns: readonly Turn[], maxTokens: number) => Promise<string>;
  calls: Turn[][];
}

/** A model that sums up turns of this conversation in one mood. What it adds stands in no turn. */
export function summarizer(said: readonly Said[], mood: Mood): Summarizer {
  const calls: Turn[][] = [];
  const byId = new Map(said.map((one) => [one.turn.id, one]));
  return {
    calls,
    summarize: async (turns, maxTokens) => {
      calls.push(structuredClone([...turns]));
      if (mood === 'fails') throw Object.assign(new Error('no answer'), { code: 'ECONNRESET' });
      const known = turns.flatMap(({ id }) => byId.get(id) ?? []);
      const sayings = known.flatMap((one) => one.sayings);
      const other = said.find(
        ({ turn, sayings: [first] }) => first && turns.every(({ tenant }) => tenant !== turn.tenant),
      );
      return spoilt(mood, sayings, other?.sayings[0], maxTokens);
    },
  };
}

export const ADDED = { figure: '77001', name: 'Beauregard' };

function spoilt(mood: Mood, sayings: readonly Saying[], other: Saying | undefined, maxTokens: number): string {
  const shorts = sayings.map(({ short }) => short);
  switch (mood) {
    case 'loses a figure':
      return shorts
        .map((short, n) => (n === shorts.length - 1 ? short.replace(/\d[\d.]*\d/, 'some') : short))
        .join(' ');
    case 'loses a not':
      return shorts.join(' ').replaceAll('has not arrived', 'has arrived').replaceAll('must never be', 'must be');
    case 'adds a not':
      return shorts
        .join(' ')
        .replaceAll('We have set', 'We have not set')
        .replaceAll('The log shows', 'The log never shows');
    case 'moves a not': {
      const denied = shorts.findIndex((short) => short.includes('has not arrived'));
      const plain = shorts.findIndex((short) => short.startsWith('We have set'));
      if (denied < 0 || plain < 0) return shorts.join(' ');
      const moved = ['has not arrived', 'has arrived', 'We have set', 'We have not set'] as const;
      return shorts.map((short) => short.replace(moved[0], moved[1]).replace(moved[2], moved[3])).join(' ');
    }
    case 'adds a figure':
      return [...shorts, `They ask for ${ADDED.figure} back.`].join(' ');
    case 'adds a name':
      return [...shorts, `It was agreed with ${ADDED.name}.`].join(' ');
    case 'mixes tenants':
      return [...shorts, ...(other ? [other.short] : [])].join(' ');
    case 'rambles':
      return Array.from({ length: Math.ceil(maxTokens / 10) + 4 }, () => TALK[0])
        .join(' ')
        .concat(' ', shorts.join(' '));
    case 'says nothing':
      return '';
    default:
      return shorts.join(' ');
  }
}
