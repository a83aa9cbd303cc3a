import * as v from 'valibot';
import type { Problem } from '../kernel/problem.ts';
import type { RecordedEvent } from '../kit/events.ts';

/** Each event type that may stand in a recording, with the shape of its data. */
export type Vocabulary = Readonly<Record<string, v.GenericSchema>>;

/** The first event of a recording that the vocabulary doesn't know, or whose data has another shape. Pure. */
export function strangeEvent(file: string, events: readonly RecordedEvent[], vocabulary: Vocabulary): Problem[] {
  for (const [n, { type, data }] of events.entries()) {
    const schema = Object.hasOwn(vocabulary, type) ? vocabulary[type] : undefined;
    const result = schema && v.safeParse(schema, data);
    if (result?.success) continue;
    const [issue] = result?.issues ?? [];
    const path = (issue?.path ?? []).map(({ key }) => String(key)).join('.');
    const message = issue ? `"data.${path}" of ${type}: ${issue.message}` : `${type} is not in the vocabulary`;
    return [{ file, line: n + 1, message, remedy: 'Mend what records it, or katas/answerdesk/events.ts.' }];
  }
  return [];
}
