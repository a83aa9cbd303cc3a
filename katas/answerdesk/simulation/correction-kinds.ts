import { between, pick, roll, shuffled } from '#kit/seeded.ts';
import type { Command } from '../seams/command.ts';

export const TENANTS = ['acme', 'globex', 'initech', 'umbrella'] as const;

/** What support can set right. Money in cents. */
export interface Books {
  credits: Record<string, number>;
  quotas: Record<string, number>;
  hidden: string[];
  mails: string[];
}

/** What one kind of command does to the books, at the instant at which it takes effect. */
export interface Kind {
  name: string;
  version: number;
  execute: (books: Books, payload: never) => unknown;
  undo?: (books: Books, payload: never, result: never) => void;
  readOnly?: true;
}

const credit = (books: Books, tenant: string, cents: number) => {
  books.credits[tenant] = (books.credits[tenant] ?? 0) + cents;
  return { balance: books.credits[tenant] };
};

/** `give-credit` counted in whole euros once; commands of that version are still about. */
export const KINDS: readonly Kind[] = [
  {
    name: 'give-credit',
    version: 1,
    execute: (books, { tenant, amount }: { tenant: string; amount: number }) => credit(books, tenant, amount * 100),
    undo: (books, { tenant, amount }: { tenant: string; amount: number }) => void credit(books, tenant, -amount * 100),
  },
  {
    name: 'give-credit',
    version: 2,
    execute: (books, { tenant, amount }: { tenant: string; amount: number }) => credit(books, tenant, amount),
    undo: (books, { tenant, amount }: { tenant: string; amount: number }) => void credit(books, tenant, -amount),
  },
  {
    name: 'set-quota',
    version: 1,
    execute: (books, { tenant, tokens }: { tenant: string; tokens: number }) => {
      const before = books.quotas[tenant] ?? null;
      books.quotas[tenant] = tokens;
      return { before };
    },
    undo: (books, { tenant }: { tenant: string }, { before }: { before: number | null }) => {
      if (before === null) delete books.quotas[tenant];
      else books.quotas[tenant] = before;
    },
  },
  {
    name: 'hide-answer',
    version: 1,
    execute: (books, { answer }: { answer: string }) => {
      books.hidden.push(answer);
      return null;
    },
    undo: (books, { answer }: { answer: string }) => {
      books.hidden = books.hidden.filter((one) => one !== answer);
    },
  },
  {
    name: 'send-mail',
    version: 1,
    execute: (books, { to }: { to: string }) => {
      books.mails.push(to);
      return { message: books.mails.length };
    },
  },
  {
    name: 'show-balance',
    version: 1,
    readOnly: true,
    execute: (books, { tenant }: { tenant: string }) => ({ cents: books.credits[tenant] ?? 0 }),
  },
];

/** A command with a payload that holds more than its handler needs. */
export function commandOf(
  seed: number,
  id: string,
  name: string,
  over: { version?: number } = {},
  payload: object = {},
): Command {
  const version = over.version ?? (name === 'give-credit' ? between(seed, `version ${id}`, 1, 2) : 1);
  const key = `payload ${id}`;
  return {
    name,
    version,
    id,
    payload: {
      tenant: pick(seed, `tenant ${id}`, TENANTS),
      amount: between(seed, `amount ${key}`, 1, 40),
      tokens: between(seed, `tokens ${key}`, 1, 900) * 1000,
      answer: `answer to ${id}`,
      to: `user ${between(seed, key, 1, 99)}`,
      because: pick<unknown>(seed, `why ${key}`, ['', null, 0, false, ['billed', { times: 2 }], 'zweimal „berechnet“']),
      ...payload,
    },
  };
}

/** One command of each kind that does something. */
export const everyKind = (seed: number, tag: string): Command[] =>
  KINDS.filter(({ readOnly }) => !readOnly).map(({ name, version }, n) =>
    commandOf(seed, `${tag}/${n}`, name, { version }),
  );
export const anyCommand = (seed: number, tag: string): Command =>
  shuffled(seed, tag, everyKind(seed, tag))[0] as Command;

/** Three to five commands; on some seeds the last can't be taken back. */
export function setOf(seed: number, tag: string): Command[] {
  const parts = shuffled(
    seed,
    tag,
    everyKind(seed, tag).filter(({ name }) => name !== 'send-mail'),
  );
  const length = between(seed, `${tag} length`, 3, parts.length);
  const mail = roll(seed, `${tag} mail`) < 0.5 ? [commandOf(seed, `${tag}/last`, 'send-mail')] : [];
  return [...parts.slice(0, length), ...mail];
}

export function booksAfter(commands: readonly Command[]): Books {
  const books: Books = { credits: {}, quotas: {}, hidden: [], mails: [] };
  for (const { name, version, payload } of commands) {
    KINDS.find((kind) => kind.name === name && kind.version === version)?.execute(books, payload as never);
  }
  return books;
}
