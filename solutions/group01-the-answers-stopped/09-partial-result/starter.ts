import type { GatherParts, GatherPorts, Part, PartResult } from '#answerdesk/seams/partial-result.ts';

export const gatherParts: GatherParts = async <T>(
  { emit }: GatherPorts<T>,
  parts: readonly Part<T>[],
  deadlineMs: number,
) => {
  // TODO: a source that is working on something nobody will use any more is told so.
  const { signal } = new AbortController();

  const load = async (part: Part<T>): Promise<PartResult<T>> => {
    // The dashboard shows which source is slow.
    const slow = setTimeout(() => emit({ type: 'PartMissed', data: { part: part.name } }), deadlineMs);
    try {
      return { name: part.name, status: 'complete', value: await part.load(signal) };
    } finally {
      clearTimeout(slow);
    }
  };

  // TODO: a slow source doesn't keep the caller from what the others have, and what it brings later isn't lost.
  // TODO: a source that fails takes no more with it than it must; where it must, the caller learns which one it was.
  const results = await Promise.all(parts.map(load));

  // TODO: the caller can tell how much of the result is there, and what isn't.
  return { parts: results, completeness: 1 };
};
