import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { asRefusal, EXIT_CODES, HarnessError } from './harness-error.ts';

test('docs/errors.md lists every code with its exit code, and no other', () => {
  const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  const listed = [...page.matchAll(/^\| `([A-Z_]+)` \| (\d+) \|/gm)].map(([, code, exit]) => [code, Number(exit)]);
  expect(Object.fromEntries(listed)).toEqual(EXIT_CODES);
});

test('a file without access is refused by name, and other faults stay what they are', () => {
  const denied = Object.assign(new Error('EACCES'), { code: 'EACCES', path: 'digests.json', syscall: 'open' });
  expect(asRefusal(denied)).toBeInstanceOf(HarnessError);
  expect(asRefusal(denied)).toMatchObject({
    code: 'FILE_UNWRITABLE',
    message: expect.stringContaining('digests.json'),
  });
  const bug = new TypeError('x is undefined');
  expect(asRefusal(bug)).toBe(bug);
});
