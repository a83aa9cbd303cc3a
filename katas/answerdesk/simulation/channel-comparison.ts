import { isDeepStrictEqual } from 'node:util';
import type { CanonicalQuestion } from '#answerdesk/seams/channels.ts';
import type { Facts } from '#answerdesk/simulation/channel-messages.ts';

/** The parts of a question that aren't what its message says: `['subject', 'offset']`. */
export function misread(question: CanonicalQuestion, channel: string, facts: Facts): string[] {
  const { asker, subject, attachments } = plain(question) as Partial<CanonicalQuestion>;
  const mark = (text: string | undefined) => text?.replace(/^\ufeff/, '');
  const same = {
    id: question.id === facts.id,
    channel: question.channel === channel,
    tenant: question.tenant === facts.tenant,
    asker: isDeepStrictEqual(asker, facts.asker),
    subject: subject === facts.subject,
    text: mark(question.text) === mark(facts.text),
    askedAt: Math.abs(Date.parse(question.askedAt) - facts.at) < 1,
    offset: offsetOf(question.askedAt) === facts.offset,
    attachments: isDeepStrictEqual(attachments, facts.attachments),
  };
  return Object.entries(same).flatMap(([field, is]) => (is ? [] : [field]));
}
function offsetOf(time: unknown): number | undefined {
  const [, z, sign, hours, minutes] = /T.*(?:(Z)|([+-])(\d\d):?(\d\d))$/.exec(String(time)) ?? [];
  if (z) return 0;
  const offset = Number(hours) * 60 + Number(minutes);
  return sign === '-' && offset !== 0 ? -offset : offset;
}

/** As it is after a queue: what isn't JSON is gone. */
export const plain = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));

/** Where two JSON values differ, as dotted paths: `headers.date`. */
export function differences(before: unknown, after: unknown, path = ''): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isObject(before) || !isObject(after) || Array.isArray(before) !== Array.isArray(after)) return [path || 'all'];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
    Object.hasOwn(before, key) && Object.hasOwn(after, key)
      ? differences(before[key], after[key], path ? `${path}.${key}` : key)
      : [path ? `${path}.${key}` : key],
  );
}
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
