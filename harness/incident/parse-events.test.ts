import { expect, test } from 'vitest';
import { parseEvents } from './parse-events.ts';

const event = (id: number, change: object = {}) =>
  JSON.stringify({
    id,
    stream: 'q-001',
    revision: id - 1,
    type: 'QuestionAsked',
    time: `2026-03-03T09:41:0${id}.000Z`,
    data: {},
    metadata: { correlationId: 'q-001', causationId: null },
    ...change,
  });

test('a recording is read line by line', () => {
  const { events, problems } = parseEvents('events.jsonl', `${event(1)}\n${event(2)}\n`);
  expect(events.map(({ id }) => id)).toEqual([1, 2]);
  expect(problems).toEqual([]);
});

test.each([
  ['half a line', '{"id": 2, "stre', /is not JSON/],
  ['an empty line', '', /is not JSON/],
  ['no metadata', event(2, { metadata: undefined }), /metadata/],
  ['a type in lower case', event(2, { type: 'question-asked' }), /"type": must be PascalCase/],
  ['a local time', event(2, { time: '2026-03-03 09:41' }), /"time": must be ISO 8601/],
  ['an id twice', event(1, { time: '2026-03-03T09:41:02.000Z' }), /id 1 comes after 1/],
  ['a step back in time', event(2, { time: '2026-03-03T09:40:00.000Z' }), /comes after/],
])('%s is one problem with its line', (_name, broken, message) => {
  const { problems } = parseEvents('events.jsonl', `${event(1)}\n${broken}\n${event(3)}\n`);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatchObject({ file: 'events.jsonl', line: 2, message: expect.stringMatching(message) });
});
