import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { embed } from './embedding.ts';
import { ownPages, pages, tenants } from './library.ts';
import { asks, CLASSES, type Split } from './questions.ts';

interface Authored {
  id: string;
  class: string;
  text: string;
  answers: Record<string, (Quote & { says: string; also?: Quote[] })[]>;
  helps?: Record<string, Quote[]>;
  tempting?: Quote[];
}
interface Quote {
  page: string;
  quote: string;
}

const FOLDERS = ['questions', 'questions-held-back'];
const authored = (folder: string): Authored[] => {
  const from = new URL(`./corpus/${folder}/`, import.meta.url);
  const lines = readdirSync(from).flatMap((file) => readFileSync(new URL(file, from), 'utf8').split('\n'));
  return lines.filter(Boolean).map((line) => JSON.parse(line) as Authored);
};
const all = FOLDERS.flatMap(authored);
const byId = new Map(pages().map((page) => [page.id, page]));
const plain = (text: string) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();

test('each half has questions of every class, a hundred and twenty and more in all', () => {
  for (const folder of FOLDERS)
    expect(new Set(authored(folder).map((question) => question.class))).toEqual(new Set(CLASSES));
  expect(all.length).toBeGreaterThanOrEqual(120);
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
});

test('what proves a claim stands in its page, once, and in a page of the right major', () => {
  const wrong = all.flatMap(({ id, answers, helps = {}, tempting = [] }) => {
    const golds = Object.entries(answers).flatMap(([major, claims]) =>
      claims.flatMap((claim) => [claim, ...(claim.also ?? [])].map((quote) => ({ major, quote }))),
    );
    const others = Object.entries(helps).flatMap(([major, quotes]) => quotes.map((quote) => ({ major, quote })));
    const misled = tempting.map((quote) => ({ major: 'own', quote }));
    return [...golds, ...others, ...misled].flatMap(({ major, quote: { page, quote } }) => {
      const times = (byId.get(page)?.text.split(quote).length ?? 1) - 1;
      const isThere = major === 'own' || page.startsWith(`fastify-${major}/`);
      return times === 1 && isThere ? [] : [`${id}: ${times} times in ${page}: ${quote}`];
    });
  });
  expect(wrong).toEqual([]);
});

test('no question stands in the pages, and none in both halves', () => {
  const texts = pages().map(({ text }) => plain(text));
  const leaked = all.filter(({ text }) => texts.some((page) => page.includes(plain(text))));
  expect(leaked.map(({ id }) => id)).toEqual([]);
  expect(new Set(all.map(({ text }) => plain(text))).size).toBe(all.length);
});

test('whoever asks may see what proves the answer', () => {
  for (const split of ['visible', 'held back'] satisfies Split[])
    for (const { tenant, roles, claims } of asks(split))
      for (const { page } of claims.flatMap(({ gold }) => gold)) {
        const { metadata } = byId.get(page) as NonNullable<ReturnType<typeof byId.get>>;
        expect([tenant.tenant, 'everyone']).toContain(metadata.tenant);
        expect(metadata.readers?.some((reader) => reader === 'everyone' || roles.includes(reader))).toBe(true);
        expect(metadata.version?.startsWith(`${tenant.major}.`)).toBe(true);
      }
});

test("orders and secrets stand in their pages, and each tenant's pages are of its major", () => {
  for (const { page, hostile, secrets = [] } of ownPages)
    for (const words of [hostile?.quote, ...secrets]) if (words) expect(byId.get(page)?.text).toContain(words);
  for (const { id, metadata } of pages().filter((page) =>
    tenants.some(({ tenant }) => page.id.startsWith(`${tenant}/`)),
  ))
    expect(
      metadata.version?.startsWith(`${tenants.find(({ tenant }) => tenant === metadata.tenant)?.major}.`),
      id,
    ).toBe(true);
});

test('a vector has length 1, is the same each time, and is near to that of like words', () => {
  const near = (a: string, b: string) => embed(a).reduce((sum, x, d) => sum + x * (embed(b)[d] as number), 0);
  expect(near('redirect the visitor', 'redirect the visitor')).toBeCloseTo(1, 5);
  expect(near('redirect to another address', 'reply.redirect(url)')).toBeGreaterThan(
    near('redirect to another address', 'serializer compiler'),
  );
  expect([...embed('zzzzqqq')].every((x) => x === 0)).toBe(true);
});
