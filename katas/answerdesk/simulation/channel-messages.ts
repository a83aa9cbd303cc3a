import type { ApiQuestion, CanonicalQuestion, ChatMessage, MailMessage, WebForm } from '#answerdesk/seams/channels.ts';
import { between, pick, roll, shuffled } from '#kit/seeded.ts';

/** Messages as the four channels send them, with what they say. */
export const CHANNELS = ['mail', 'chat', 'form', 'api'] as const;
export type ChannelName = (typeof CHANNELS)[number];

/** What a message says, whatever its shape. */
export interface Facts {
  id: string;
  tenant: string;
  asker: { id: string; name?: string };
  subject?: string;
  text: string;
  /** ms since the epoch; chat knows fractions. */
  at: number;
  /** Of the asker, in minutes east of UTC. */
  offset: number;
  attachments: CanonicalQuestion['attachments'];
}
export interface Message {
  channel: ChannelName;
  raw: Record<string, unknown>;
  facts: Facts;
}

const SECOND = 1000;
const OFFSETS = [0, 60, 120, 330, 345, 570, 840, -210, -240, -480, -570, -720] as const;
/** Some look encoded and aren't; `Ã¼ber` is valid UTF-8 when its ISO-8859-1 bytes are taken for it. */
const TEXTS = [
  'Where is my refund?',
  'Wie ändere ich die Rechnungsadresse?',
  'Combien coûte un siège de plus ?',
  'Ã¼ber 40 Plätze, was kostet das?',
  '請求書はどこで見られますか。',
  'Down again 😤 — “error 0x80”',
  'First line\r\nsecond line\n',
  'R=C3=BCckfrage zu 100%25 &amp; mehr',
  'SGFsbG8gV2VsdA==',
  '=?utf-8?Q?R=C3=BCckfrage?=',
  '  spaces at both ends ',
  '\u0080 and \u009f are control characters',
  '\ufeffA mark in front',
  '',
] as const;
const NAMES = ['Ada Lovelace', 'Grace H.', 'Jürgen Groß', '山田 太郎', ''] as const;
const SUBJECTS = ['Refund', 'Re: Re: Rechnung 4711', '支払い', ' ', ''] as const;

/** Seeded facts; what `over` names is as it says. */
export function factsOf(seed: number, name: string, at: number, over: Partial<Facts> = {}): Facts {
  const askerName = roll(seed, `named ${name}`) < 0.7 ? { name: pick(seed, `name ${name}`, NAMES) } : {};
  return {
    id: `m-${name}`,
    tenant: pick(seed, `tenant ${name}`, ['acme', 'globex', 'initech', 'umbrella']),
    asker: { id: `asker-${between(seed, `asker ${name}`, 1, 999)}`, ...askerName },
    ...(roll(seed, `has subject ${name}`) < 0.7 && { subject: pick(seed, `subject ${name}`, SUBJECTS) }),
    text: pick(seed, `text ${name}`, TEXTS),
    at,
    offset: pick(seed, `offset ${name}`, OFFSETS),
    attachments: Array.from({ length: pick(seed, `attachments ${name}`, [0, 0, 1, 2]) }, (_, n) => ({
      name: pick(seed, `file ${name} ${n}`, ['screen.png', 'Rechnung März.pdf', 'log.txt', '']),
      mediaType: pick(seed, `media ${name} ${n}`, ['image/png', 'application/pdf', 'text/plain; charset=utf-8']),
      content: bytesOf(seed, `content ${name} ${n}`).toString('base64'),
    })),
    ...over,
  };
}
function bytesOf(seed: number, name: string): Buffer {
  const length = between(seed, `length ${name}`, 0, 30);
  return Buffer.from(Array.from({ length }, (_, n) => between(seed, `${name} ${n}`, 0, 255)));
}

/** The facts in a channel's shape. A fact for which the channel has no place, or no precision, isn't in `facts` any more. */
export function messageOf(seed: number, channel: ChannelName, facts: Facts, extras = true): Message {
  const more = (level: string, ...taken: string[]) => (extras ? extrasOf(seed, `${level} ${facts.id}`, taken) : {});
  return { mail, chat, form, api }[channel](seed, facts, more);
}
type More = (level: string, ...taken: string[]) => Record<string, unknown>;
type Render = (seed: number, facts: Facts, more: More) => Message;

const mail: Render = (seed, facts, more) => {
  const { id, tenant, asker, text, attachments } = facts;
  const cased = (header: string) =>
    pick(seed, `case of ${header} ${id}`, [header, header.toLowerCase(), header.toUpperCase()]);
  const seconds = roll(seed, `seconds ${id}`) < 0.8;
  const at = floor(facts.at, seconds ? SECOND : 60 * SECOND);
  const headers = Object.entries({
    'Message-ID': id,
    Date: mailDate(at, facts.offset, {
      seconds,
      day: roll(seed, `day ${id}`) < 0.8,
      comment: roll(seed, `zone ${id}`) < 0.3,
    }),
    ...(facts.subject !== undefined && { Subject: facts.subject }),
    ...(Object.keys(more('x')).length > 0 && { 'X-Spam-Score': '0.1', References: '<a@b> <c@d>' }),
  }).map(([name, value]) => [cased(name), value]);
  const charset = pick(seed, `charset ${id}`, charsetsFor(text));
  const raw: MailMessage = {
    ...more('top', 'mailbox', 'from', 'headers', 'body', 'parts'),
    mailbox: tenant,
    from: {
      ...more('from', 'address', 'name'),
      address: asker.id,
      ...(asker.name !== undefined && { name: asker.name }),
    },
    headers: Object.fromEntries(shuffled(seed, `headers ${id}`, headers)),
    body: {
      ...more('body', 'charset', 'base64'),
      ...(charset !== undefined && { charset }),
      base64: encoded(text, charset),
    },
    parts: attachments.map(({ name: filename, mediaType: contentType, content: data }, n) => ({
      ...more(`part ${n}`, 'filename', 'contentType', 'data'),
      filename,
      contentType,
      data,
    })),
  };
  return { channel: 'mail', raw: { ...raw }, facts: { ...facts, at } };
};

const chat: Render = (seed, { subject: _, ...facts }, more) => {
  const { id, tenant, asker, text, offset, attachments } = facts;
  const digits = between(seed, `digits ${id}`, 0, 6);
  const fraction = String(between(seed, `micros ${id}`, 0, 999_999))
    .padStart(6, '0')
    .slice(0, digits);
  const second = Math.floor(facts.at / SECOND);
  const none = attachments.length === 0 && roll(seed, `files ${id}`) < 0.5;
  const raw: ChatMessage = {
    ...more('top', 'workspace', 'user', 'message_id', 'text', 'ts', 'tz_offset', 'files'),
    workspace: tenant,
    user: { ...more('user', 'id', 'display'), id: asker.id, ...(asker.name !== undefined && { display: asker.name }) },
    message_id: id,
    text,
    ts: digits ? `${second}.${fraction}` : String(second),
    tz_offset: offset,
    ...(!none && {
      files: attachments.map(({ name, mediaType: mimetype, content: bytes }, n) => ({
        ...more(`file ${n}`, 'name', 'mimetype', 'bytes'),
        name,
        mimetype,
        bytes,
      })),
    }),
  };
  return {
    channel: 'chat',
    raw: { ...raw },
    facts: { ...facts, at: second * SECOND + (digits ? Number(`0.${fraction}`) * SECOND : 0) },
  };
};

const form: Render = (_seed, facts, more) => {
  const { id, tenant, asker, subject, text, offset, attachments } = facts;
  const at = floor(facts.at, SECOND);
  const raw: WebForm = {
    ...more('top', 'submission', 'tenant', 'email', 'fields', 'submittedAt', 'uploads'),
    submission: id,
    tenant,
    email: asker.id,
    fields: {
      ...more('fields', 'subject', 'question', 'name'),
      question: text,
      ...(subject !== undefined && { subject }),
      ...(asker.name !== undefined && { name: asker.name }),
    },
    submittedAt: isoDate(at, offset),
    uploads: attachments.map(({ name: filename, mediaType: type, content: base64 }, n) => ({
      ...more(`upload ${n}`, 'filename', 'type', 'base64'),
      filename,
      type,
      base64,
    })),
  };
  return { channel: 'form', raw: { ...raw }, facts: { ...facts, at } };
};

const api: Render = (seed, facts, more) => {
  const { id, tenant, asker, subject, text, attachments } = facts;
  const utc = roll(seed, `utc ${id}`) < 0.2;
  const offset = utc ? 0 : facts.offset;
  const at = floor(facts.at, pick(seed, `precision ${id}`, [1, SECOND]));
  const none = attachments.length === 0 && roll(seed, `attached ${id}`) < 0.5;
  const raw: ApiQuestion = {
    ...more('top', 'id', 'tenant', 'asker', 'subject', 'question', 'asked_at', 'attachments', 'metadata'),
    id,
    tenant,
    asker: { ...more('asker', 'id', 'name'), ...asker },
    ...(subject !== undefined && { subject }),
    question: text,
    asked_at: utc ? new Date(at).toISOString() : isoDate(at, offset),
    ...(!none && {
      attachments: attachments.map(({ name, mediaType: media_type, content }, n) => ({
        ...more(`attachment ${n}`, 'name', 'media_type', 'content'),
        name,
        media_type,
        content: Buffer.from(content, 'base64').toString('base64url'),
      })),
    }),
    ...(roll(seed, `metadata ${id}`) < 0.6 && { metadata: more('metadata') }),
  };
  return { channel: 'api', raw: { ...raw }, facts: { ...facts, at, offset } };
};

const floor = (at: number, to: number) => Math.floor(at / to) * to;
const two = (n: number) => String(n).padStart(2, '0');
const zone = (offset: number, colon: string) =>
  `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}${colon}${two(Math.abs(offset) % 60)}`;
/** ISO 8601 in local time, with ms where there are any. */
export const isoDate = (at: number, offset: number) =>
  new Date(at + offset * 60 * SECOND).toISOString().replace('.000Z', 'Z').replace('Z', zone(offset, ':'));
function mailDate(at: number, offset: number, { seconds = true, day = true, comment = false }): string {
  const [name, date, month, year, time] = new Date(at + offset * 60 * SECOND).toUTCString().split(' ');
  const clock = seconds ? time : time?.slice(0, 5);
  return `${day ? `${name} ` : ''}${Number(date)} ${month} ${year} ${clock} ${zone(offset, '')}${comment ? ' (local time)' : ''}`;
}

type Charsets = readonly [string | undefined, ...(string | undefined)[]];
function charsetsFor(text: string): Charsets {
  const unicode: Charsets = ['utf-8', 'UTF-8'];
  const highest = Math.max(0, ...Array.from(text, (character) => character.codePointAt(0) ?? 0));
  if (highest < 0x80) return [...unicode, 'us-ascii', 'US-ASCII', 'iso-8859-1', undefined];
  return highest < 0x100 ? ['ISO-8859-1', 'iso-8859-1', ...unicode] : unicode;
}
const named = (charset: string | undefined) => (/8859/.test(charset ?? 'us-ascii') ? 'latin1' : 'utf8');
const encoded = (text: string, charset: string | undefined) => Buffer.from(text, named(charset)).toString('base64');
/** A mail's text as its charset declares it. */
export const bodyText = ({ charset, base64 }: MailMessage['body']) =>
  Buffer.from(base64, 'base64').toString(charset?.toLowerCase() === 'utf-8' ? 'utf8' : 'latin1');

const UNKNOWN = [
  'id',
  'ID',
  'Text',
  'subject',
  'channel',
  'extensions',
  'raw',
  'text',
  'name',
  'files',
  'locale',
  'thread_ts',
  'v',
];
const VALUES = [0, false, null, '', [], {}, 'de-AT', 17.5, ['a', null], { a: { b: [1, {}] } }, true, '0'] as const;
/** Fields that the channel's type doesn't list. */
function extrasOf(seed: number, name: string, taken: readonly string[]): Record<string, unknown> {
  const free = UNKNOWN.filter((field) => !taken.includes(field));
  const first = between(seed, `unknown ${name}`, 0, free.length - 1);
  const many = pick(seed, `how many ${name}`, [0, 1, 2, 3]);
  const some = [...free, ...free].slice(first, first + many);
  return Object.fromEntries(
    some.map((field) => [field, structuredClone(pick(seed, `${field} of ${name}`, VALUES)) as unknown]),
  );
}
