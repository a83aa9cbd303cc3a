import { expect, test } from 'vitest';
import { assessment, narrow, objective } from './fixtures.ts';
import { nextStep, nextStepLines, type Standing } from './next-step.ts';

const kata = (id: string, state: 'green' | 'red' | 'error' | 'timeout', untouched = false) => ({
  id,
  folder: `katas/g/${id}`,
  state,
  untouched,
  missing: false,
});
const standing = (over: Partial<Standing>): Standing => ({
  katas: [],
  group: { number: 1, name: 'Requests are slow or unreliable', incident: 'The answers stopped' },
  whole: true,
  gate: null,
  next: { number: 2, name: 'Work is lost or doubled', here: true },
  watching: false,
  ...over,
});

test('an untouched red kata begins with its page', () => {
  const step = nextStep(
    standing({ katas: [kata('1.1', 'green'), kata('1.5', 'red', true), kata('1.8', 'red', true)] }),
  );
  expect(step).toMatchObject({ open: 'katas/g/1.5/README.md', run: 'pnpm kata 1.5' });
});

test('a red kata that was worked on goes on in its file, with a hint at hand', () => {
  const step = nextStep(standing({ katas: [kata('1.5', 'red')] }));
  expect(step).toMatchObject({ open: 'katas/g/1.5/kata.ts', run: 'pnpm kata hint 1.5' });
});

test('one that cannot be run is mended before any other', () => {
  const step = nextStep(standing({ katas: [kata('1.1', 'red'), kata('1.8', 'timeout')] }));
  expect(step.say).toBe('1.8 never came to an end: mend it first.');
  expect(step.open).toBe('katas/g/1.8/kata.ts');
});

test('a file that was deleted comes back by reset', () => {
  const step = nextStep(standing({ katas: [{ ...kata('1.5', 'error'), missing: true }] }));
  expect(step.run).toBe('pnpm kata reset 1.5');
});

test('green katas of a part of the group lead to the whole group', () => {
  expect(nextStep(standing({ katas: [kata('1.5', 'green')], whole: false }))).toEqual({
    say: '1.5 is green. Now the group:',
    run: 'pnpm kata group1',
  });
});

test('a red gate names the figure that is missed', () => {
  const now = assessment(objective('calls per question', 2.4, false, { limit: '≤ 1.5' }));
  const step = nextStep(standing({ katas: [kata('1.5', 'green')], gate: 'red', now }));
  expect(step.say).toContain('calls per question is 2.4, and ≤ 1.5 is asked');
  expect(step.run).toBe('pnpm kata incident group1 --mine');
});

test('a resolved group says what that means in figures, and names the next', () => {
  const step = nextStep(
    standing({
      katas: [kata('1.5', 'green')],
      gate: 'green',
      recorded: assessment(objective('hung requests', 174, false)),
      now: assessment(objective('hung requests', 0, true)),
    }),
  );
  expect(step.say).toContain('hung requests 174 → 0');
  expect(step.run).toBe('pnpm kata group2');
});

test('the next step is readable without colour', () => {
  expect(
    nextStepLines({ say: 'Go on with 1.5.', open: 'katas/g/1.5/kata.ts', run: 'pnpm kata hint 1.5' }, narrow),
  ).toEqual(['Next', '  Go on with 1.5.', '    katas/g/1.5/kata.ts', '    pnpm kata hint 1.5']);
});
