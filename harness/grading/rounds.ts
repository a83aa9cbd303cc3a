import { type GradeRequest, suiteOf } from './request.ts';

/** Each round has at most `columns` requests per suite, each in a column of its own. */
export function inRounds(
  requests: readonly GradeRequest[],
  columns: number,
): { request: GradeRequest; column: number }[][] {
  const rounds: { request: GradeRequest; column: number }[][] = [];
  const asked = new Map<string, number>();
  for (const request of requests) {
    const nth = asked.get(suiteOf(request)) ?? 0;
    asked.set(suiteOf(request), nth + 1);
    const round = Math.floor(nth / columns);
    rounds[round] ??= [];
    rounds[round].push({ request, column: nth % columns });
  }
  return rounds;
}
