// p-timeout 7 around each optional part, whose load goes on behind it; a class for what is told to the caller.
import pTimeout from 'p-timeout';
import type { Gathered, GatherParts, GatherPorts, Part, PartResult } from '#answerdesk/seams/partial-result.ts';

class RequiredPartMissing extends Error {
  readonly code = 'REQUIRED_PART_MISSING';
  part: string;
  constructor(part: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.part = part;
  }
}

export const gatherParts: GatherParts = async <T>(
  ports: GatherPorts<T>,
  parts: readonly Part<T>[],
  deadlineMs: number,
): Promise<Gathered<T>> => {
  const controller = new AbortController();
  const missed = (part: string) => ports.emit({ type: 'PartMissed', data: { part } });

  const outcome = async (part: Part<T>): Promise<PartResult<T>> => {
    const { name } = part;
    try {
      const value = await part.load(controller.signal);
      return value === null || value === undefined ? { name, status: 'empty' } : { name, status: 'complete', value };
    } catch (error) {
      if (part.required) throw new RequiredPartMissing(name, `${name} failed: ${error}`, error);
      return { name, status: 'failed', reason: (error as Error).message };
    }
  };

  const within = async (part: Part<T>): Promise<PartResult<T>> => {
    const { name } = part;
    const whole = outcome(part);
    let late = false;
    whole.then(
      (result) => {
        if (!late || result.status !== 'complete' || controller.signal.aborted) return;
        ports.deliverLate({ name, value: result.value });
        ports.emit({ type: 'PartDeliveredLate', data: { part: name } });
      },
      () => {},
    );
    const result = await pTimeout(whole, {
      milliseconds: deadlineMs,
      fallback: (): PartResult<T> => {
        late = true;
        return { name, status: 'late' };
      },
    });
    if (part.required && result.status !== 'complete')
      throw new RequiredPartMissing(name, `${name} is ${result.status}`);
    if (result.status !== 'complete') missed(name);
    return result;
  };

  try {
    const results = await Promise.all(parts.map(within));
    const complete = results.filter((result) => result.status === 'complete').length;
    return { parts: results, completeness: parts.length ? complete / parts.length : 1 };
  } catch (error) {
    controller.abort(error);
    throw error;
  }
};
