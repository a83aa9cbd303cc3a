/** Times of one thing done several times, in milliseconds. */
export interface Times {
  what: string;
  ms: number[];
}

const sorted = ({ ms }: Times) => [...ms].sort((a, b) => a - b);
export const median = (times: Times): number => sorted(times)[Math.floor(times.ms.length / 2)] ?? Number.NaN;

/** `ours 412 ms (398–455, n = 5)` */
export function timesLine(times: Times): string {
  const all = sorted(times);
  const [low = 0] = all;
  const span = `${Math.round(low)}–${Math.round(all.at(-1) ?? 0)}`;
  return `${times.what.padEnd(44)} ${String(Math.round(median(times))).padStart(6)} ms  (${span}, n = ${times.ms.length})`;
}

/** A ratio of medians, held against what was aimed at. */
export function ratioLine(ours: Times, theirs: Times, aim: number): string {
  const ratio = median(ours) / median(theirs);
  return `  ratio ${ratio.toFixed(2)}, aimed at ≤ ${aim}: ${ratio <= aim ? 'met' : 'not met'}`;
}

/** How long `work` takes, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
