import { expect, test } from 'vitest';
import { parseKataFacts } from './kata-facts.ts';

const complete = {
  id: '1.5',
  pattern: 'Retry',
  title: 'Asking again',
  objective: 'Asked again only where it helps.',
  outOfScope: [],
  hints: ['a', 'b', 'c'],
  points: { incident: 3, 'trade-off': 2 },
  allow: ['p-retry', 'node:timers/promises'],
  references: [],
};
const problemOf = (source: string) => {
  const parsed = parseKataFacts('kata.json', source);
  return 'problem' in parsed ? parsed.problem : undefined;
};
const without = (change: object) => JSON.stringify({ ...complete, ...change }, null, 2);

test('a complete kata.json gives its facts', () => {
  expect(parseKataFacts('kata.json', JSON.stringify(complete))).toEqual({ facts: { ...complete, recording: 'slice' } });
});

test.each([
  ['a comma too few', '{\n  "id": "1.5"\n  "title": "x"\n}', 3, /not JSON/],
  ['two hints', without({ hints: ['a', 'b'] }), 7, /"hints.*three/],
  ['an empty hint', without({ hints: ['a', '', 'c'] }), 9, /"hints.1" is empty/],
  ['no title', without({ title: undefined }), 1, /"title" is missing/],
  ['a misspelt field', without({ refrences: [] }), 1, /"refrences" is not a field/],
  ['an id that is none', without({ id: 'five' }), 2, /"id" must look like/],
  ['half a point', without({ points: { incident: 0.5, 'trade-off': 1 } }), 13, /"points.incident" must be whole/],
  ['no points for the trade-off', without({ points: { incident: 1 } }), 12, /"points" must name/],
  ['a path among the libraries', without({ allow: ['./helper.ts'] }), 17, /"allow.0".*not a path/],
])('%s is one problem with its line', (_name, source, line, message) => {
  const problem = problemOf(source);
  expect(problem?.message).toMatch(message);
  if (line > 1) expect(problem?.line).toBe(line);
});
