import { isObject } from '#answerdesk/simulation/channel-comparison.ts';
import type { ChannelName, Message } from '#answerdesk/simulation/channel-messages.ts';
import { pick } from '#kit/seeded.ts';

/** A message with one thing wrong. */
export interface BrokenMessage {
  channel: ChannelName;
  raw: Record<string, unknown>;
  /** Where, as the channel calls it. */
  field: string;
  /** In words: `headers.date is missing`. */
  what: string;
}

const MISSING = Symbol('missing');
const NO_TEXT: unknown[] = [MISSING, 7];
const NO_BASE64: unknown[] = [MISSING, 7, 'not base64!', 'QUJ-REVG', 'QUJD=REVG'];
const NO_DATE: unknown[] = [MISSING, 7, '', 'yesterday', '2026-05-19T04:14:07', '2026-13-19T04:14:07+02:00'];
const NO_LIST: unknown[] = [MISSING, 7, 'none'];

/** Everything that can be wrong, as the channels' types say it: field, and what stands there. */
const BREAKAGES: Record<ChannelName, [field: string, values: unknown[]][]> = {
  mail: [
    ['mailbox', NO_TEXT],
    ['from', NO_LIST],
    ['from.address', NO_TEXT],
    ['from.name', [7, {}]],
    ['headers', NO_LIST],
    ['headers.message-id', NO_TEXT],
    ['headers.date', [...NO_DATE, 'Tue, 19 May 2026 04:14:07', 'Tue, 19 Mai 2026 04:14:07 +0200']],
    ['headers.subject', [7]],
    ['body', NO_TEXT],
    ['body.base64', NO_BASE64],
    ['body.charset', [7, 'windows-1252', 'utf-16le', 'x-unknown', '']],
    ['parts', NO_LIST],
    ['parts.0', [null, 7]],
    ['parts.0.filename', NO_TEXT],
    ['parts.0.contentType', NO_TEXT],
    ['parts.0.data', NO_BASE64],
  ],
  chat: [
    ['workspace', NO_TEXT],
    ['user', NO_LIST],
    ['user.id', NO_TEXT],
    ['user.display', [7]],
    ['message_id', NO_TEXT],
    ['text', NO_TEXT],
    ['ts', [MISSING, 1779156847, '', 'now', '2026-05-19T04:14:07+02:00']],
    ['tz_offset', [MISSING, '120', 'Europe/Vienna', 0.5, 7200, -721, 841]],
    ['files', [7, 'none']],
    ['files.0', [null, 7]],
    ['files.0.name', NO_TEXT],
    ['files.0.mimetype', NO_TEXT],
    ['files.0.bytes', NO_BASE64],
  ],
  form: [
    ['submission', NO_TEXT],
    ['tenant', NO_TEXT],
    ['email', NO_TEXT],
    ['fields', NO_LIST],
    ['fields.subject', [7]],
    ['fields.question', NO_TEXT],
    ['fields.name', [7, []]],
    ['submittedAt', NO_DATE],
    ['uploads', NO_LIST],
    ['uploads.0', [null, 7]],
    ['uploads.0.filename', NO_TEXT],
    ['uploads.0.type', NO_TEXT],
    ['uploads.0.base64', NO_BASE64],
  ],
  api: [
    ['id', NO_TEXT],
    ['tenant', NO_TEXT],
    ['asker', NO_LIST],
    ['asker.id', NO_TEXT],
    ['asker.name', [7]],
    ['subject', [7, ['Refund']]],
    ['question', NO_TEXT],
    ['asked_at', NO_DATE],
    ['attachments', [7, 'none']],
    ['attachments.0', [null, 7]],
    ['attachments.0.name', NO_TEXT],
    ['attachments.0.media_type', NO_TEXT],
    ['attachments.0.content', [MISSING, 7, 'not base64!', 'QUJ+REVG', 'QUI=']],
    ['metadata', [7, 'none']],
  ],
};

/** Every field of the channel that can be wrong. */
export const breakable = (channel: ChannelName): string[] => BREAKAGES[channel].map(([field]) => field);

/** The message with that field wrong in a seeded way. It must have an attachment where the field is one's. */
export function broken(seed: number, name: string, { channel, raw }: Message, field: string): BrokenMessage {
  const [, values = []] = BREAKAGES[channel].find(([known]) => known === field) ?? [];
  const value = pick(seed, `breakage ${name} ${field}`, values as [unknown, ...unknown[]]);
  const copy = structuredClone(raw);
  set(copy, field.split('.'), value);
  const what = value === MISSING ? `${field} is missing` : `${field} is ${JSON.stringify(value)}`;
  return { channel, raw: copy, field, what };
}
/** Headers have names in any case. */
function set(at: Record<string, unknown>, [key = '', ...rest]: string[], value: unknown, within = ''): void {
  const spelled = within === 'headers' ? Object.keys(at).find((name) => name.toLowerCase() === key) : undefined;
  const name = spelled ?? key;
  const inner = at[name];
  if (rest.length > 0 && isObject(inner)) set(inner, rest, value, key);
  else if (value === MISSING) delete at[name];
  else at[name] = value;
}

/** Whether a complaint names the field, or a part of it: without `user`, `user.id` is missing too. */
export function isAbout(said: unknown, field: string): boolean {
  const path = String(said)
    .replace(/\[(\d+)\]/g, '.$1')
    .toLowerCase();
  const wanted = field.toLowerCase();
  return path === wanted || path.startsWith(`${wanted}.`);
}
