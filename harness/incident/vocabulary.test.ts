import * as v from 'valibot';
import { expect, test } from 'vitest';
import { strangeEvent } from './vocabulary.ts';

const vocabulary = { QuestionAsked: v.strictObject({ question: v.string() }) };
const event = (type: string, data: Record<string, unknown>) => ({
  id: 1,
  stream: 'q-1',
  revision: 0,
  type,
  time: '2026-03-03T09:41:00.000Z',
  data,
  metadata: { correlationId: 'q-1', causationId: null },
});

test('a recording of known events has no problem', () => {
  expect(strangeEvent('events.jsonl', [event('QuestionAsked', { question: 'q-1' })], vocabulary)).toEqual([]);
});

test.each([
  ['a type that nobody knows', event('QuestionLost', {}), 'QuestionLost is not in the vocabulary'],
  ['a type named like a method of all objects', event('toString', {}), 'toString is not in the vocabulary'],
  ['data of another shape', event('QuestionAsked', { question: 7 }), '"data.question" of QuestionAsked'],
])('%s is one problem with its line', (_name, strange, message) => {
  const [problem] = strangeEvent('events.jsonl', [event('QuestionAsked', { question: 'q-1' }), strange], vocabulary);
  expect(problem).toMatchObject({ line: 2, message: expect.stringContaining(message) });
});
