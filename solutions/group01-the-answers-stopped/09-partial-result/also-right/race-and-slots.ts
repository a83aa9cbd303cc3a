// No class, no state beyond an array of slots: Promise.race of all parts with a timer of node:timers/promises.
import { setTimeout as after } from 'node:timers/promises';
import type { GatherParts, PartResult } from '#answerdesk/seams/partial-result.ts';

const LATE = Symbol('late');
const missing = (part: string, cause?: unknown) =>
  Object.assign(new Error(`required part ${part} is missing`, { cause }), { code: 'REQUIRED_PART_MISSING', part });

export const gatherParts: GatherParts = async ({ emit, deliverLate }, parts, deadlineMs) => {
  type Slot = PartResult<Awaited<ReturnType<(typeof parts)[number]['load']>>>;
  const slots: Slot[] = parts.map(({ name }) => ({ name, status: 'late' }));
  const stop = new AbortController();
  const alarm = new AbortController();
  let given = false;

  const loads = parts.map(async ({ name, load, required }, n) => {
    let result: Slot;
    let cause: unknown;
    try {
      const value = await load(stop.signal);
      result = value == null ? { name, status: 'empty' } : { name, status: 'complete', value };
    } catch (error) {
      cause = error;
      result = { name, status: 'failed', reason: error instanceof Error ? error.message : `${error}` };
    }
    if (stop.signal.aborted) return;
    if (!given) {
      if (required && result.status !== 'complete') throw missing(name, cause);
      slots[n] = result;
    } else if (result.status === 'complete') {
      deliverLate({ name, value: result.value as never });
      emit({ type: 'PartDeliveredLate', data: { part: name } });
    }
  });
  for (const load of loads) load.catch(() => {});

  try {
    const first = await Promise.race([Promise.all(loads), after(deadlineMs, LATE, { signal: alarm.signal })]);
    const guilty = first === LATE && parts.find(({ required }, n) => required && slots[n]?.status === 'late');
    if (guilty) throw missing(guilty.name);
    given = true;
    const snapshot = [...slots];
    for (const { name, status } of snapshot)
      if (status !== 'complete') emit({ type: 'PartMissed', data: { part: name } });
    const complete = snapshot.filter(({ status }) => status === 'complete');
    return { parts: snapshot as never, completeness: parts.length === 0 ? 1 : complete.length / snapshot.length };
  } catch (error) {
    stop.abort(error);
    throw error;
  } finally {
    alarm.abort();
  }
};
