import * as v from 'valibot';
import type { Problem } from '../kernel/problem.ts';
import type { RecordedEvent } from '../kit/events.ts';

const counted = (least: number) => v.pipe(v.number(), v.integer(), v.minValue(least));

const schema = v.strictObject({
  id: counted(1),
  stream: v.pipe(v.string(), v.nonEmpty()),
  revision: counted(0),
  type: v.pipe(v.string(), v.regex(/^[A-Z][A-Za-z0-9]+$/, 'must be PascalCase, past tense')),
  time: v.pipe(
    v.string(),
    v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'must be ISO 8601, UTC, with milliseconds'),
  ),
  data: v.record(v.string(), v.unknown()),
  metadata: v.strictObject({
    correlationId: v.string(),
    causationId: v.nullable(counted(1)),
  }),
});

/** Reads a recording's text. The first broken line is a problem; `file` is only named in it. Pure. */
export function parseEvents(file: string, text: string): { events: RecordedEvent[]; problems: Problem[] } {
  const events: RecordedEvent[] = [];
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  for (const [n, line] of lines.entries()) {
    const read = parseLine(line, events.at(-1));
    if ('broken' in read) {
      const remedy = `'git checkout -- ${file}' brings the recording back; 'kata record' makes it again.`;
      return { events, problems: [{ file, line: n + 1, message: read.broken, remedy }] };
    }
    events.push(read.event);
  }
  if (events.length > 0) return { events, problems: [] };
  return { events, problems: [{ file, message: 'holds no event', remedy: "'kata record' makes it again." }] };
}

function parseLine(line: string, before: RecordedEvent | undefined): { event: RecordedEvent } | { broken: string } {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return { broken: 'is not JSON' };
  }
  const result = v.safeParse(schema, json);
  if (!result.success) {
    const [issue] = result.issues;
    const path = (issue.path ?? []).map(({ key }) => String(key)).join('.');
    return { broken: path === '' ? 'is not an event' : `"${path}": ${issue.message}` };
  }
  const event = result.output as RecordedEvent;
  if (before && event.id <= before.id) return { broken: `id ${event.id} comes after ${before.id}` };
  if (before && event.time < before.time) return { broken: `time ${event.time} comes after ${before.time}` };
  return { event };
}
