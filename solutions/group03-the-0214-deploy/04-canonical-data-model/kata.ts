import type { CanonicalQuestion, ChannelAdapter, CreateChannels, InvalidInput } from '#answerdesk/seams/channels.ts';

type Json = Record<string, unknown>;
type Encoding = 'base64' | 'base64url';

/** Where in a channel's message the parts of a question stand. A path that ends in `?` may lead to nothing. */
interface Shape {
  channel: string;
  id: string;
  tenant: string;
  askerId: string;
  askerName: string;
  subject?: string;
  text: string;
  /** Default: it stands there as it is. */
  coding?: { decode: (message: Message, text: string) => string; encode: (message: Json, text: string) => string };
  askedAt: (message: Message) => string;
  files: { list: string; name: string; mediaType: string; content: string; encoding: Encoding };
}

class Invalid extends Error implements InvalidInput {
  readonly code = 'INVALID_INPUT';
  readonly channel: string;
  readonly field: string;
  readonly reason: string;

  constructor(channel: string, field: string, reason: string) {
    super(`${channel}: ${field} ${reason}`);
    [this.channel, this.field, this.reason] = [channel, field, reason];
  }
}
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;

/** The object and the name in it that a path leads to. Header names are found in any case. */
function locate(message: Json, path: string): { holder: Json | undefined; name: string } {
  const names = path.replace('?', '').split('.');
  const last = names.pop() ?? '';
  const holder = names.reduce<unknown>((inner, name) => (isObject(inner) ? inner[name] : undefined), message);
  if (!isObject(holder)) return { holder: undefined, name: last };
  const anyCase = names.at(-1) === 'headers';
  const name = anyCase ? Object.keys(holder).find((known) => known.toLowerCase() === last) : last;
  return { holder, name: name ?? last };
}

/** A message of which parts are taken. Each leaves a hole behind: what was there, how it was spelled, is still known. */
class Message {
  readonly left: Json;
  readonly #channel: string;

  constructor(channel: string, raw: unknown) {
    this.#channel = channel;
    if (!isObject(raw)) this.refuse('message', 'is not an object');
    this.left = structuredClone(raw as Json);
  }
  refuse(path: string, reason: string): never {
    throw new Invalid(this.#channel, path.replace('?', ''), reason);
  }
  look(path: string): unknown {
    const { holder, name } = locate(this.left, path);
    return holder?.[name];
  }
  text(path: string): string {
    return this.textIfAny(path) ?? this.refuse(path, 'is missing');
  }
  textIfAny(path: string): string | undefined {
    const value = this.look(path);
    if (value === undefined && path.endsWith('?')) return undefined;
    if (typeof value !== 'string') return this.refuse(path, 'is not a text');
    return value;
  }
  take<T>(path: string, read: (path: string) => T): T {
    const value = read(path);
    const { holder, name } = locate(this.left, path);
    if (holder && name in holder) holder[name] = null;
    return value;
  }
  list(path: string): unknown[] {
    const value = this.look(path) ?? (path.endsWith('?') ? [] : undefined);
    return Array.isArray(value) ? value : this.refuse(path, 'is not a list');
  }
  /** Node decodes whatever it is given; what it can't give back was something else. */
  bytes(path: string, encoding: Encoding): Buffer {
    const value = this.text(path);
    const bytes = Buffer.from(value, encoding);
    return bytes.toString(encoding) === value ? bytes : this.refuse(path, `is not ${encoding}`);
  }
}

function fill(message: Json, path: string, value: unknown): void {
  const { holder, name } = locate(message, path);
  if (value === undefined) delete holder?.[name];
  else if (holder) holder[name] = value;
}

function adapter(shape: Shape): ChannelAdapter {
  const { channel, files } = shape;
  const parts: { of: (question: CanonicalQuestion) => string | undefined; at: string | undefined }[] = [
    { of: ({ id }) => id, at: shape.id },
    { of: ({ tenant }) => tenant, at: shape.tenant },
    { of: ({ asker }) => asker.id, at: shape.askerId },
    { of: ({ asker }) => asker.name, at: shape.askerName },
    { of: ({ subject }) => subject, at: shape.subject },
  ];
  const list = files.list.replace('?', '');
  return {
    channel,
    read(raw) {
      const message = new Message(channel, raw);
      const text = (path: string) => message.take(path, () => message.text(path));
      const textIfAny = (path: string) => message.take(path, () => message.textIfAny(path));
      const askedAt = shape.askedAt(message);
      const name = textIfAny(shape.askerName);
      const subject = shape.subject && textIfAny(shape.subject);
      return {
        id: text(shape.id),
        channel,
        tenant: text(shape.tenant),
        asker: { id: text(shape.askerId), ...(name !== undefined && { name }) },
        ...(subject !== undefined && { subject }),
        text: message.take(shape.text, (path) => shape.coding?.decode(message, path) ?? message.text(path)),
        askedAt,
        attachments: message.list(files.list).map((_, n) => ({
          name: text(`${list}.${n}.${files.name}`),
          mediaType: text(`${list}.${n}.${files.mediaType}`),
          content: message
            .take(`${list}.${n}.${files.content}`, (path) => message.bytes(path, files.encoding))
            .toString('base64'),
        })),
        extensions: message.left,
      };
    },
    write(question) {
      const message = structuredClone(question.extensions);
      for (const { of, at } of parts) if (at !== undefined) fill(message, at, of(question));
      fill(message, shape.text, shape.coding?.encode(message, question.text) ?? question.text);
      const rests = message[list];
      if (Array.isArray(rests) || question.attachments.length > 0) {
        message[list] = question.attachments.map(({ name, mediaType, content }, n) => ({
          ...(Array.isArray(rests) && (rests[n] as Json)),
          [files.name]: name,
          [files.mediaType]: mediaType,
          [files.content]: Buffer.from(content, 'base64').toString(files.encoding),
        }));
      }
      return message;
    },
  };
}

const two = (n: number) => String(n).padStart(2, '0');
const zone = (offset: number) =>
  `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
const local = (instant: number, offset: number) => new Date(instant + offset * 60_000).toISOString().slice(0, 19);

function isoTime(message: Message, path: string): string {
  const time = message.text(path);
  const complete = /^\d{4}-\d\d-\d\dT\d\d:\d\d.*(Z|[+-]\d\d:\d\d)$/.test(time) && !Number.isNaN(Date.parse(time));
  return complete ? time : message.refuse(path, 'is not an ISO 8601 time with its offset');
}
function mailTime(message: Message, path: string): string {
  const time = message.text(path);
  const [, sign, hours, minutes] = /([+-])(\d\d)(\d\d)\s*(?:\(.*\))?$/.exec(time) ?? [];
  const instant = Date.parse(time);
  if (!sign || Number.isNaN(instant)) return message.refuse(path, 'is not an RFC 5322 time with a numeric zone');
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  return `${local(instant, offset)}${sign}${hours}:${minutes}`;
}
function chatTime(message: Message): string {
  const [, second, fraction = ''] = /^(\d+)(\.\d+)?$/.exec(message.text('ts')) ?? [];
  if (!second) return message.refuse('ts', 'is not a number of seconds');
  const offset = message.look('tz_offset');
  if (!Number.isInteger(offset)) return message.refuse('tz_offset', 'is not a number of minutes');
  const minutes = offset as number;
  if (minutes < -720 || minutes > 840) message.refuse('tz_offset', 'is no offset of this earth');
  return `${local(Number(second) * 1000, minutes)}${fraction}${zone(minutes)}`;
}

/** IANA's ISO-8859-1, a byte a character. (The WHATWG means windows-1252 by that name.) */
const CHARSETS: Record<string, 'utf8' | 'latin1' | 'ascii'> = {
  'utf-8': 'utf8',
  'us-ascii': 'ascii',
  'iso-8859-1': 'latin1',
};
const bytesIn = (charset: string, text: string) => Buffer.from(text, CHARSETS[charset]);
const mailText: Shape['coding'] = {
  decode(message, path) {
    const charset = (message.textIfAny('body.charset?') ?? 'us-ascii').toLowerCase();
    if (!Object.hasOwn(CHARSETS, charset)) message.refuse('body.charset', `is ${charset}, which is not known here`);
    const bytes = message.bytes(path, 'base64');
    const text = bytes.toString(CHARSETS[charset]);
    return bytesIn(charset, text).equals(bytes) ? text : message.refuse(path, `holds bytes that aren't ${charset}`);
  },
  encode(message, text) {
    const body = message['body'] as Json;
    const declared = String(body['charset'] ?? 'us-ascii').toLowerCase();
    const highest = { 'us-ascii': 0x7f, 'iso-8859-1': 0xff }[declared] ?? 0x10ffff;
    const fits = Array.from(text).every((character) => (character.codePointAt(0) ?? 0) <= highest);
    if (!fits) body['charset'] = 'utf-8';
    return bytesIn(fits ? declared : 'utf-8', text).toString('base64');
  },
};

const mail = adapter({
  channel: 'mail',
  id: 'headers.message-id',
  tenant: 'mailbox',
  askerId: 'from.address',
  askerName: 'from.name?',
  subject: 'headers.subject?',
  text: 'body.base64',
  coding: mailText,
  askedAt: (message) => mailTime(message, 'headers.date'),
  files: { list: 'parts', name: 'filename', mediaType: 'contentType', content: 'data', encoding: 'base64' },
});
const chat = adapter({
  channel: 'chat',
  id: 'message_id',
  tenant: 'workspace',
  askerId: 'user.id',
  askerName: 'user.display?',
  text: 'text',
  askedAt: chatTime,
  files: { list: 'files?', name: 'name', mediaType: 'mimetype', content: 'bytes', encoding: 'base64' },
});
const form = adapter({
  channel: 'form',
  id: 'submission',
  tenant: 'tenant',
  askerId: 'email',
  askerName: 'fields.name?',
  subject: 'fields.subject?',
  text: 'fields.question',
  askedAt: (message) => isoTime(message, 'submittedAt'),
  files: { list: 'uploads', name: 'filename', mediaType: 'type', content: 'base64', encoding: 'base64' },
});
const api = adapter({
  channel: 'api',
  id: 'id',
  tenant: 'tenant',
  askerId: 'asker.id',
  askerName: 'asker.name?',
  subject: 'subject?',
  text: 'question',
  askedAt(message) {
    const metadata = message.look('metadata');
    if (metadata !== undefined && !isObject(metadata)) message.refuse('metadata', 'is not an object');
    return isoTime(message, 'asked_at');
  },
  files: { list: 'attachments?', name: 'name', mediaType: 'media_type', content: 'content', encoding: 'base64url' },
});

export const createChannels: CreateChannels = () => {
  const adapters = new Map([mail, chat, form, api].map((known) => [known.channel, known]));
  const adapterOf = (channel: string) => {
    const known = adapters.get(channel);
    if (!known) throw new Invalid(channel, 'channel', 'is not registered');
    return known;
  };
  return {
    register: (added) => void adapters.set(added.channel, added),
    receive: (channel, raw) => adapterOf(channel).read(raw),
    write: (question) => adapterOf(question.channel).write(question),
  };
};
