import { expect, test } from 'vitest';
import { explain } from './client-errors.ts';

const said = (error: object) => explain(error, 'The store', 's', 'any');

test('what the client throws is told in one line', () => {
  expect(said({ type: 'stream-deleted', message: '' })).toMatchObject({ name: 'StreamDeleted' });
  expect(said({ type: 'wrong-expected-version', message: '', actualVersion: 'no_stream' }).message).toBe(
    's was expected at any and is at no_stream.',
  );
  expect(said({ type: 'access-denied', message: '' }).message).toMatch(/refuses these credentials/);
  expect(said({ code: 16, message: '' }).message).toMatch(/refuses these credentials/);
  expect(said({ type: 'deadline-exceeded', message: '' }).message).toBe("The store didn't answer in time.");
  expect(said({ message: 'Could not recognize a:\n full disk' }).message).toBe('The store: a: full disk');
  const refused =
    '14 UNAVAILABLE: No connection established. Last error: Error: connect ECONNREFUSED ::1:2. Resolution note: ';
  expect(said({ code: 14, message: refused }).message).toBe("The store can't be reached (connect ECONNREFUSED ::1:2).");
});
