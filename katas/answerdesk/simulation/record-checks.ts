import { isDeepStrictEqual } from 'node:util';
import { must } from '#kit/suite.ts';
import type { EntityKind, Records } from '../seams/records.ts';
import { type Family, KINDS } from './record-families.ts';
import { isRefusal, outcome } from './writers.ts';

export async function createAll(
  records: Records,
  entities: Family,
  kinds: readonly EntityKind[] = KINDS,
): Promise<void> {
  for (const kind of kinds) {
    const made = await done(`making a ${kind}`, records.create(kind, structuredClone(entities[kind])));
    mustBe(made, { ...entities[kind], version: 1 }, `the ${kind} that was made`);
  }
}
/** What must not be refused. */
export async function done<T>(what: string, work: Promise<T>): Promise<T> {
  const result = await outcome(work);
  if ('value' in result) return result.value;
  must(false, () => `${what} was refused: ${result.error.code ?? ''} ${result.error.message}`);
}
export function mustBe(got: object | undefined, expected: object | undefined, what: string): void {
  const differs = () =>
    Object.keys(expected ?? {}).filter(
      (field) => !isDeepStrictEqual(plain(got)?.[field], (expected as Record<string, unknown>)[field]),
    );
  must(got !== undefined || expected === undefined, () => `${what} is not there`);
  must(expected !== undefined || got === undefined, () => `${what} is there`);
  must(
    differs().length === 0,
    () =>
      `${what}: ${differs().map((field) => `${field} is ${show(plain(got)?.[field])}, not ${show(plain(expected)?.[field])}`)}`,
  );
}
const plain = (value: object | undefined) => value && (structuredClone(value) as Record<string, unknown>);
export const show = (value: unknown) => JSON.stringify(value);
export async function mustRefuse(work: Promise<unknown>, code: string, what: string): Promise<void> {
  const result = await outcome(work);
  must('error' in result, () => `${what} was not refused`);
  must(
    isRefusal(result, code),
    () => `${what} was refused with ${result.error.code ?? 'no code'}: ${result.error.message}`,
  );
}
/** All five are as they should be, wherever one looks. */
export async function mustHold(
  records: Records,
  expected: { [K in EntityKind]?: object | undefined },
  when: string,
): Promise<void> {
  for (const [kind, entity] of Object.entries(expected) as [EntityKind, { id: string }][]) {
    mustBe(await records.get(kind, entity.id), entity, `${when} ${kind} ${entity.id}`);
  }
}
