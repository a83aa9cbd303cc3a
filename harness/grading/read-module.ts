import type { TestCase, TestModule } from 'vitest/node';
import type { BehaviourResult, Verdict } from './verdict.ts';

/** What Vitest says of one suite's run, as results of behaviours. Pure. */
export function readModule(
  module: TestModule,
  { points, only }: { points: Record<string, number>; only?: readonly string[] },
): Pick<Verdict, 'behaviours' | 'damage' | 'measures'> {
  const tests = [...module.children.allTests()];
  const behaviours = tests.map((test) => readTest(test, points)).filter(({ id }) => !only || only.includes(id));
  const damage = tests.map((test) => test.meta().kata?.damage).find(Boolean);
  const measures = tests.map((test) => test.meta().kata?.measures).find(Boolean);
  return { behaviours, ...(damage && { damage }), ...(measures && { measures }) };
}

function readTest(test: TestCase, points: Record<string, number>): BehaviourResult {
  const { id, failure } = test.meta().kata ?? { id: test.name };
  const { state, errors = [] } = test.result();
  const common = { id, title: test.name, points: points[id] ?? 0 };
  const open = { message: null, event: null, seed: null, kind: null };
  if (state === 'passed') return { ...common, passed: true, ...open };
  if (state === 'skipped' || state === 'pending') return { ...common, passed: false, skipped: true, ...open };
  if (failure) {
    return { ...common, passed: false, ...pickFailure(failure) };
  }
  const message = firstLine(errors[0]?.message ?? 'it failed without a word');
  if (/^(Test|Hook) timed out in/.test(message)) {
    return { ...common, passed: false, ...open, kind: 'stuck', message: 'it did not come to an end' };
  }
  return { ...common, passed: false, ...open, kind: errors[0]?.name === 'AssertionError' ? 'rule' : 'crash', message };
}

type Failure = NonNullable<NonNullable<ReturnType<TestCase['meta']>['kata']>['failure']>;

function pickFailure({
  kind,
  message,
  seed,
  event,
}: Failure): Pick<BehaviourResult, 'kind' | 'message' | 'seed' | 'event'> {
  return { kind, message, seed, event };
}

export function firstLine(text: string): string {
  return (
    text
      .split('\n')
      .find((line) => line.trim() !== '')
      ?.trim() ?? ''
  );
}
