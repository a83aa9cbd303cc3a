import type {
  CanonicalQuestion,
  ChannelAdapter,
  Channels,
  CreateChannels,
  InvalidInput,
} from '#answerdesk/seams/channels.ts';

/** What stands in the question leaves the message; the remainder is the extension, and is merged back under it. */
type Json = { [key: string]: unknown };
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

class Refusal extends Error implements InvalidInput {
  code = 'INVALID_INPUT';
  channel: string;
  field: string;
  reason: string;
  constructor(channel: string, field: string, reason: string) {
    super(`a message from ${channel} can't be read: ${field} ${reason}`);
    this.channel = channel;
    this.field = field;
    this.reason = reason;
  }
}

abstract class Adapter implements ChannelAdapter {
  abstract readonly channel: string;
  protected abstract parse(message: Json): Omit<CanonicalQuestion, 'channel' | 'extensions'>;
  protected abstract format(question: CanonicalQuestion): Json;

  read(raw: unknown): CanonicalQuestion {
    const message = JSON.parse(JSON.stringify(this.asJson(raw, 'message')));
    const parsed = this.parse(message);
    return { ...parsed, channel: this.channel, extensions: message };
  }
  write(question: CanonicalQuestion): unknown {
    return merge(question.extensions, this.format(question));
  }

  protected refuse(field: string, reason: string): never {
    throw new Refusal(this.channel, field, reason);
  }
  protected asJson(value: unknown, field: string): Json {
    return isJson(value) ? value : this.refuse(field, value === undefined ? 'is missing' : 'is not an object');
  }
  /** The text, which is then no longer in the object. */
  protected cut(from: Json, name: string, path = name): string {
    return this.cutIfAny(from, name, path) ?? this.refuse(path, 'is missing');
  }
  protected cutIfAny(from: Json, name: string, path = name): string | undefined {
    const value = from[name];
    delete from[name];
    if (value === undefined || typeof value === 'string') return value;
    return this.refuse(path, `is ${typeof value}`);
  }
  protected time(message: Json, name: string): string {
    const time = this.cut(message, name);
    if (!/(Z|[+-]\d\d:\d\d)$/.test(time) || Number.isNaN(new Date(time).valueOf()))
      this.refuse(name, 'is no local time');
    return time;
  }
  protected files(message: Json, list: string, [name, type, bytes]: [string, string, string], url = false) {
    const files = message[list];
    if (!Array.isArray(files)) return this.refuse(list, 'is not a list');
    return files.map((item: unknown, n) => {
      const path = `${list}.${n}`;
      const file = this.asJson(item, path);
      const content = this.cut(file, bytes, `${path}.${bytes}`);
      const pattern = url ? /^[-\w]*$/ : /^[A-Za-z\d+/]*={0,2}$/;
      if (!pattern.test(content) || (!url && content.length % 4 > 0))
        this.refuse(`${path}.${bytes}`, 'is encoded otherwise');
      return {
        name: this.cut(file, name, `${path}.${name}`),
        mediaType: this.cut(file, type, `${path}.${type}`),
        content: url ? Buffer.from(content, 'base64url').toString('base64') : content,
      };
    });
  }
}
/** The second over the first, as deep as there are objects and lists in both. What is undefined isn't there. */
function merge(under: unknown, over: unknown): unknown {
  if (Array.isArray(over)) return over.map((item, n) => merge(Array.isArray(under) ? under[n] : undefined, item));
  if (!isJson(over)) return over;
  const merged: Json = isJson(under) ? { ...under } : {};
  for (const [key, value] of Object.entries(over)) if (value !== undefined) merged[key] = merge(merged[key], value);
  return merged;
}
const ifAny = <Name extends string>(name: Name, value: string | undefined) =>
  (value === undefined ? {} : { [name]: value }) as { [key in Name]?: string };
const pad = (n: number) => `${n}`.padStart(2, '0');
function local(instant: number, offset: number): string {
  const zone =
    offset === 0
      ? 'Z'
      : `${offset > 0 ? '+' : '-'}${pad(Math.trunc(Math.abs(offset) / 60))}:${pad(Math.abs(offset % 60))}`;
  return new Date(instant + offset * 60_000).toISOString().replace('Z', zone);
}

class Mail extends Adapter {
  readonly channel = 'mail';
  protected parse(message: Json) {
    const headers = this.asJson(message['headers'], 'headers');
    const spelling = (name: string) => Object.keys(headers).find((key) => key.toLowerCase() === name) ?? name;
    const names = { id: spelling('message-id'), subject: spelling('subject') };
    const from = this.asJson(message['from'], 'from');
    const body = this.asJson(message['body'], 'body');
    const date = headers[spelling('date')];
    if (typeof date !== 'string') return this.refuse('headers.date', 'is missing');
    const zone = /([+-])(\d\d)(\d\d)\s*(\(.*\))?$/.exec(date);
    if (!zone || Number.isNaN(Date.parse(date))) return this.refuse('headers.date', 'is no date with a zone');
    const question = {
      id: this.cut(headers, names.id, 'headers.message-id'),
      tenant: this.cut(message, 'mailbox'),
      asker: {
        id: this.cut(from, 'address', 'from.address'),
        ...ifAny('name', this.cutIfAny(from, 'name', 'from.name')),
      },
      ...ifAny('subject', this.cutIfAny(headers, names.subject, 'headers.subject')),
      text: this.body(body),
      askedAt: local(Date.parse(date), Number(`${zone[1]}1`) * (Number(zone[2]) * 60 + Number(zone[3]))),
      attachments: this.files(message, 'parts', ['filename', 'contentType', 'data']),
    };
    message['headers'] = { kept: headers, names };
    return question;
  }
  private body(body: Json): string {
    const charset = body['charset'];
    const known = charset === undefined ? 'us-ascii' : typeof charset === 'string' && charset.toLowerCase();
    const content = this.cut(body, 'base64', 'body.base64');
    const bytes = Buffer.from(content, 'base64');
    if (bytes.toString('base64') !== content) this.refuse('body.base64', 'is not base64');
    if (known === 'iso-8859-1') return bytes.toString('latin1');
    if (known !== 'utf-8' && known !== 'us-ascii') return this.refuse('body.charset', 'is not one we read');
    const text = bytes.toString();
    if (known === 'us-ascii' && bytes.some((byte) => byte > 127)) this.refuse('body.base64', 'is more than ASCII');
    return Buffer.from(text).equals(bytes) ? text : this.refuse('body.base64', 'is not UTF-8');
  }
  protected format({ id, tenant, asker, subject, text, attachments }: CanonicalQuestion) {
    return {
      headers: { id, subject },
      mailbox: tenant,
      from: { address: asker.id, name: asker.name },
      body: { base64: text },
      parts: attachments.map(({ name, mediaType, content }) => ({
        filename: name,
        contentType: mediaType,
        data: content,
      })),
    };
  }
  override write(question: CanonicalQuestion): unknown {
    const { headers, body, ...message } = super.write(question) as Json & { headers: Json; body: Json };
    const { kept, names, id, subject } = headers as { kept: Json; names: { id: string; subject: string } } & Json;
    const { base64: text, ...declared } = body as { base64: string; charset?: string };
    const limit = { 'utf-8': 0x10ffff, 'iso-8859-1': 255 }[(declared.charset ?? '').toLowerCase()] ?? 127;
    const fits = Math.max(0, ...[...text].map((letter) => letter.codePointAt(0) ?? 0)) <= limit;
    if (!fits) declared.charset = 'utf-8';
    const bytes = Buffer.from(text, fits && limit === 255 ? 'latin1' : 'utf8');
    return {
      ...message,
      headers: { ...kept, [names.id]: id, ...(subject !== undefined && { [names.subject]: subject }) },
      body: { ...declared, base64: bytes.toString('base64') },
    };
  }
}

class Chat extends Adapter {
  readonly channel = 'chat';
  protected parse(message: Json) {
    const user = this.asJson(message['user'], 'user');
    const { ts, tz_offset: offset } = message;
    if (typeof ts !== 'string' || !/^\d+(\.\d+)?$/.test(ts)) return this.refuse('ts', 'is no time in seconds');
    if (typeof offset !== 'number' || offset % 1 !== 0 || offset < -720 || offset > 840) {
      return this.refuse('tz_offset', 'is no offset in minutes');
    }
    return {
      id: this.cut(message, 'message_id'),
      tenant: this.cut(message, 'workspace'),
      asker: { id: this.cut(user, 'id', 'user.id'), ...ifAny('name', this.cutIfAny(user, 'display', 'user.display')) },
      text: this.cut(message, 'text'),
      askedAt: local(Number(ts) * 1000, offset),
      attachments: message['files'] === undefined ? [] : this.files(message, 'files', ['name', 'mimetype', 'bytes']),
    };
  }
  protected format({ id, tenant, asker, text, attachments, extensions }: CanonicalQuestion) {
    const files = attachments.map(({ name, mediaType, content }) => ({ name, mimetype: mediaType, bytes: content }));
    const user = { id: asker.id, display: asker.name };
    return { message_id: id, workspace: tenant, user, text, ...(extensions['files'] ? { files } : {}) };
  }
}

class Form extends Adapter {
  readonly channel = 'form';
  protected parse(message: Json) {
    const fields = this.asJson(message['fields'], 'fields');
    return {
      id: this.cut(message, 'submission'),
      tenant: this.cut(message, 'tenant'),
      asker: { id: this.cut(message, 'email'), ...ifAny('name', this.cutIfAny(fields, 'name', 'fields.name')) },
      ...ifAny('subject', this.cutIfAny(fields, 'subject', 'fields.subject')),
      text: this.cut(fields, 'question', 'fields.question'),
      askedAt: this.time(message, 'submittedAt'),
      attachments: this.files(message, 'uploads', ['filename', 'type', 'base64']),
    };
  }
  protected format({ id, tenant, asker, subject, text, askedAt, attachments }: CanonicalQuestion) {
    return {
      submission: id,
      tenant,
      email: asker.id,
      fields: { subject, question: text, name: asker.name },
      submittedAt: askedAt,
      uploads: attachments.map(({ name, mediaType, content }) => ({
        filename: name,
        type: mediaType,
        base64: content,
      })),
    };
  }
}

class Api extends Adapter {
  readonly channel = 'api';
  protected parse(message: Json) {
    const asker = this.asJson(message['asker'], 'asker');
    if (message['metadata'] !== undefined) this.asJson(message['metadata'], 'metadata');
    const attached = message['attachments'] !== undefined;
    return {
      id: this.cut(message, 'id'),
      tenant: this.cut(message, 'tenant'),
      asker: { id: this.cut(asker, 'id', 'asker.id'), ...ifAny('name', this.cutIfAny(asker, 'name', 'asker.name')) },
      ...ifAny('subject', this.cutIfAny(message, 'subject')),
      text: this.cut(message, 'question'),
      askedAt: this.time(message, 'asked_at'),
      attachments: attached ? this.files(message, 'attachments', ['name', 'media_type', 'content'], true) : [],
    };
  }
  protected format({ id, tenant, asker, subject, text, askedAt, attachments, extensions }: CanonicalQuestion) {
    const files = attachments.map(({ name, mediaType, content }) => ({
      name,
      media_type: mediaType,
      content: Buffer.from(content, 'base64').toString('base64url'),
    }));
    const attached = extensions['attachments'] ? { attachments: files } : {};
    return { id, tenant, asker, subject, question: text, asked_at: askedAt, ...attached };
  }
}

class Registry implements Channels {
  readonly #adapters = new Map<string, ChannelAdapter>();
  constructor(...adapters: ChannelAdapter[]) {
    for (const adapter of adapters) this.register(adapter);
  }
  register(adapter: ChannelAdapter): void {
    this.#adapters.set(adapter.channel, adapter);
  }
  receive(channel: string, raw: unknown): CanonicalQuestion {
    return this.#of(channel).read(raw);
  }
  write(question: CanonicalQuestion): unknown {
    return this.#of(question.channel).write(question);
  }
  #of(channel: string): ChannelAdapter {
    const adapter = this.#adapters.get(channel);
    if (!adapter) throw new Refusal(channel, 'channel', 'is not registered');
    return adapter;
  }
}
export const createChannels: CreateChannels = () => new Registry(new Mail(), new Chat(), new Form(), new Api());
