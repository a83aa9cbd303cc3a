// Promise.allSettled: nothing fails any more, and everybody waits for the slowest source.
import type { Gathered, GatherParts, GatherPorts, Part, PartResult } from '#answerdesk/seams/partial-result.ts';

export const gatherParts: GatherParts = async <T>(
  { emit }: GatherPorts<T>,
  parts: readonly Part<T>[],
): Promise<Gathered<T>> => {
  const { signal } = new AbortController();
  const settled = await Promise.allSettled(parts.map(({ load }) => load(signal)));
  const results = settled.map((outcome, n): PartResult<T> => {
    const { name = '', required } = parts[n] ?? {};
    if (outcome.status === 'fulfilled') return { name, status: 'complete', value: outcome.value };
    if (required) throw Object.assign(new Error(`no ${name}`), { code: 'REQUIRED_PART_MISSING', part: name });
    emit({ type: 'PartMissed', data: { part: name } });
    return { name, status: 'failed', reason: String(outcome.reason) };
  });
  const complete = results.filter(({ status }) => status === 'complete').length;
  return { parts: results, completeness: complete / results.length };
};
