// Races each part against the deadline and forgets it when it loses: what comes late is thrown away.
import { setTimeout as after } from 'node:timers/promises';
import type { Gathered, GatherParts, GatherPorts, Part, PartResult } from '#answerdesk/seams/partial-result.ts';

export const gatherParts: GatherParts = async <T>(
  { emit }: GatherPorts<T>,
  parts: readonly Part<T>[],
  deadlineMs: number,
): Promise<Gathered<T>> => {
  const { signal } = new AbortController();
  const one = async ({ name, load, required }: Part<T>): Promise<PartResult<T>> => {
    const loaded = load(signal).then(
      (value): PartResult<T> =>
        value === null || value === undefined ? { name, status: 'empty' } : { name, status: 'complete', value },
      (error: Error): PartResult<T> => ({ name, status: 'failed', reason: error.message }),
    );
    const result = await Promise.race([loaded, after(deadlineMs, { name, status: 'late' as const })]);
    if (result.status === 'complete') return result;
    if (required) throw Object.assign(new Error(`no ${name}`), { code: 'REQUIRED_PART_MISSING', part: name });
    emit({ type: 'PartMissed', data: { part: name } });
    return result;
  };
  const results = await Promise.all(parts.map(one));
  const complete = results.filter(({ status }) => status === 'complete').length;
  return { parts: results, completeness: parts.length === 0 ? 1 : complete / results.length };
};
