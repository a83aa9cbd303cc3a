import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonical } from './canonical.ts';
import { genesis, headOf, link, verifyChain } from './chain.ts';
import { green, hint, history, LEARNER, red } from './fixtures.ts';
import { type ChainedEvent, learnerStream } from './learning-events.ts';
import { parseReceipt, receiptText } from './receipt.ts';

const start = genesis(learnerStream(LEARNER));
const events = history(red('10:01', '1.1'), hint('10:02', '1.1'), green('10:05', '1.1'), red('10:06', '1.2'));
const head = headOf(events, start);
const copy = () => structuredClone(events);
const breachOf = (changed: ChainedEvent[], ...witnesses: Parameters<typeof verifyChain>[2] & object) => {
  const report = verifyChain(changed, start, witnesses);
  return report.intact ? null : report.breach;
};

test('an untouched history is intact, with any of its own heads as witness', () => {
  expect(verifyChain(events, start)).toEqual({ intact: true, head });
  for (const { metadata } of events) expect(breachOf(copy(), { ...metadata, from: 'a receipt' })).toBeNull();
});

test('keys in another order and a passage through JSON change no hash', () => {
  const turned = events.map(({ id, data, metadata, type }) => {
    const back = (value: object) => Object.fromEntries(Object.entries(value).reverse());
    return JSON.parse(JSON.stringify({ metadata: back(metadata), data: back(data), type, id })) as ChainedEvent;
  });
  expect(breachOf(turned)).toBeNull();
});

test.for([
  ['a score', (event: ChainedEvent) => Object.assign(event.data, { score: 5 })],
  ['a time', (event: ChainedEvent) => Object.assign(event.metadata, { at: '2026-01-01T00:00:00.000Z' })],
  ['a type', (event: ChainedEvent) => Object.assign(event, { type: 'KataSolved' })],
  ['an id', (event: ChainedEvent) => Object.assign(event, { id: 'other' })],
  ['a cause', (event: ChainedEvent) => Object.assign(event.metadata, { $causationId: 'other' })],
] as const)('an edited event is named: %s', ([, edit]) => {
  const changed = copy();
  edit(changed[2] as ChainedEvent);
  expect(breachOf(changed)).toMatchObject({ kind: 'edited', n: 3 });
});

test('events that changed places, one that is missing and one that is there twice are told apart', () => {
  const [a, b, c, d, ...rest] = copy() as [ChainedEvent, ChainedEvent, ChainedEvent, ChainedEvent];
  expect(breachOf([a, c, b, d, ...rest])).toMatchObject({ kind: 'reordered', n: 3 });
  expect(breachOf([a, d, ...rest])).toEqual({ kind: 'cut', n: 2, says: 'events 2 to 3 are missing' });
  expect(breachOf([a, b, b, c, d, ...rest])).toMatchObject({ kind: 'repeated', n: 2 });
  expect(breachOf([b, c, d, ...rest])).toEqual({ kind: 'cut', n: 1, says: 'event 1 is missing' });
});

test('a cut end shows only against a head that was kept elsewhere', () => {
  const shorter = events.slice(0, -2);
  expect(breachOf(shorter)).toBeNull();
  const says = `events ${head.n - 1} to ${head.n} are missing: the receipt vouches for ${head.n}`;
  expect(breachOf(shorter, { ...head, from: 'the receipt' })).toMatchObject({ kind: 'cut', says });
});

test('a history written anew, hashes and all, shows against a head that was kept elsewhere', () => {
  const edited = copy();
  Object.assign(edited[2]?.data ?? {}, { score: 5 });
  const anew = link(edited, start);
  expect(breachOf(anew)).toBeNull();
  expect(breachOf(anew, { ...head, from: 'the receipt' })).toMatchObject({ kind: 'rewritten', n: head.n });
});

test("another learner's history is foreign", () => {
  expect(verifyChain(events, genesis('learner-other'))).toMatchObject({ breach: { kind: 'foreign', n: 1 } });
});

test('any one edit, loss or swap of a history is detected', () => {
  const place = fc.integer({ min: 0, max: events.length - 1 });
  const change = fc.oneof(
    fc.record({ how: fc.constant('drop' as const), i: place, j: place }),
    fc.record({ how: fc.constant('swap' as const), i: place, j: place }),
    fc.record({ how: fc.constant('edit' as const), i: place, j: place }),
  );
  fc.assert(
    fc.property(change, ({ how, i, j }) => {
      const changed = copy();
      if (how === 'drop') changed.splice(i, 1);
      if (how === 'swap') [changed[i], changed[j]] = [changed[j] as ChainedEvent, changed[i] as ChainedEvent];
      if (how === 'edit') Object.assign(changed[i]?.data ?? {}, { added: j });
      const same = how === 'swap' && i === j;
      expect(verifyChain(changed, start, [{ ...head, from: 'the receipt' }]).intact).toBe(same);
    }),
    { numRuns: 200 },
  );
});

test('canonical text sorts keys, keeps lists, and leaves out what is undefined', () => {
  expect(canonical({ b: [2, 1, { d: null, c: 'é"' }], a: 1.5, e: undefined })).toBe(
    '{"a":1.5,"b":[2,1,{"c":"é\\"","d":null}]}',
  );
});

test('a receipt is read back, also where a mail broke its line', () => {
  const receipt = { learner: LEARNER, ...head };
  const text = receiptText(receipt);
  expect(parseReceipt(` ${text.slice(0, 40)}\n${text.slice(40)}\n`)).toEqual(receipt);
  expect(parseReceipt(text.slice(0, -1))).toBeUndefined();
});
