import { expect, test } from 'vitest';
import { narrow, rule, verdict } from './fixtures.ts';
import { kataLine, rulesOf, stateOf, whyRed } from './kata-lines.ts';

const head = { id: '1.8', title: 'Asking a dead model, 270 times', pattern: 'Circuit Breaker', points: 4 };
const broken = rule('incident', {
  title: 'nobody waits for a model that is known to be dead',
  message:
    '174 of 174 questions waited up to 30.0 s for sol-large, which had been failing since 47.0 s (first: event 530)',
  event: 530,
  seed: 'recorded',
});

test('a kata is one line: sign, id, title, points, state in a word', () => {
  const red = kataLine(head, verdict([rule('cool-down'), broken]), narrow);
  expect(red).toMatch(/^ {2}✗ 1\.8 {3}Asking a dead model, 270 times +2\/4 {2}red$/);
  expect(red.length).toBeLessThanOrEqual(80);
  expect(kataLine(head, verdict([rule('cool-down')]), narrow)).toMatch(/^ {2}✓ 1\.8 .* green$/);
});

test('a wide screen has room for the pattern', () => {
  expect(kataLine(head, verdict([broken]), { columns: 140, colour: false })).toContain('Circuit Breaker');
});

test('why it is red is the first broken rule in its own words, and the event is said once', () => {
  expect(whyRed(verdict([rule('cool-down'), broken]), narrow)).toEqual([
    '          174 of 174 questions waited up to 30.0 s for sol-large, which had been',
    '          failing since 47.0 s (first: event 530)',
  ]);
});

test('the event and the seed are added where the message does not name them', () => {
  const twice = rule('once', { message: 'charged twice after a timeout', event: 14, seed: 7 });
  expect(whyRed(verdict([twice]), narrow)).toEqual(['          charged twice after a timeout [event 14, seed 7]']);
});

test('an answer without a verdict says why in its one line', () => {
  const error = verdict([], { verdict: 'error', error: 'kata.ts:12: Expected ";" but found "}"' });
  expect(stateOf(error)).toBe('error');
  expect(whyRed(error, narrow)).toEqual(['          kata.ts:12: Expected ";" but found "}"']);
});

test('every rule is listed with its points, and rules not looked at are counted', () => {
  const lines = rulesOf(
    verdict([rule('cool-down'), broken, rule('trade-off', { passed: false, skipped: true })]),
    narrow,
  );
  expect(lines[0]).toMatch(/^ {4}✓ cool-down +2\/2$/);
  expect(lines[1]).toMatch(/^ {4}✗ nobody waits for a model that is known to be dead +0\/2$/);
  expect(lines.at(-1)).toBe('    – 1 rule not looked at: the first red one ends the run');
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
});

test('without colour there is no control character, with it there is', () => {
  const red = verdict([broken]);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
  const control = /[\u0000-\u0008\u000b-\u001f]/;
  expect([kataLine(head, red, narrow), ...rulesOf(red, narrow)].join('\n')).not.toMatch(control);
  expect(kataLine(head, red, { columns: 80, colour: true })).toMatch(control);
});
