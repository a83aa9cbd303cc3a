// Keeps what has come by name, in one place for all gatherings: a ticket shows another ticket's parts.
import type { Gathered, GatherParts, GatherPorts, Part, PartResult } from '#answerdesk/seams/partial-result.ts';

class RequiredPartMissingError extends Error {
  readonly code = 'REQUIRED_PART_MISSING';
  readonly part: string;

  constructor(part: string, why: string, options?: ErrorOptions) {
    super(`no result without ${part}: ${why}`, options);
    this.part = part;
  }
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

const cameIn = new Map<string, PartResult<unknown>>();

export const gatherParts: GatherParts = <T>(
  { emit, deliverLate }: GatherPorts<T>,
  parts: readonly Part<T>[],
  deadlineMs: number,
) =>
  new Promise<Gathered<T>>((resolve, reject) => {
    const unwanted = new AbortController();
    const settled = cameIn as Map<string, PartResult<T>>;
    settled.clear();
    let is: 'gathering' | 'given' | 'refused' = 'gathering';
    const deadline = setTimeout(() => {
      const late = parts.find((part) => part.required && !settled.has(part.name));
      if (late) refuse(new RequiredPartMissingError(late.name, `not there after ${deadlineMs} ms`));
      else give();
    }, deadlineMs);

    function give(): void {
      is = 'given';
      clearTimeout(deadline);
      const results = parts.map((part) => settled.get(part.name) ?? { name: part.name, status: 'late' as const });
      const missed = results.filter(({ status }) => status !== 'complete');
      for (const { name } of missed) emit({ type: 'PartMissed', data: { part: name } });
      const completeness = parts.length === 0 ? 1 : 1 - missed.length / parts.length;
      resolve({ parts: results, completeness });
    }

    function refuse(error: RequiredPartMissingError): void {
      is = 'refused';
      clearTimeout(deadline);
      reject(error);
      unwanted.abort(error);
    }

    function settle(part: Part<T>, result: PartResult<T>, error?: RequiredPartMissingError): void {
      if (is === 'given' && result.status === 'complete') {
        deliverLate({ name: part.name, value: result.value });
        emit({ type: 'PartDeliveredLate', data: { part: part.name } });
      }
      if (is !== 'gathering') return;
      settled.set(part.name, result);
      if (error && part.required) refuse(error);
      else if (settled.size === parts.length) give();
    }

    for (const part of parts) {
      const { name } = part;
      part.load(unwanted.signal).then(
        (value) => {
          if (value !== null && value !== undefined) settle(part, { name, status: 'complete', value });
          else settle(part, { name, status: 'empty' }, new RequiredPartMissingError(name, 'it is empty'));
        },
        (cause: unknown) => {
          const reason = reasonOf(cause);
          settle(part, { name, status: 'failed', reason }, new RequiredPartMissingError(name, reason, { cause }));
        },
      );
    }
    if (parts.length === 0) give();
  });
