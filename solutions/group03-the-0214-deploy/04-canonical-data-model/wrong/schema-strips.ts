// Validates with a schema that lets unknown fields pass on top only: inside the asker, the fields and the files they are stripped.
import * as v from 'valibot';
import type { CanonicalQuestion, ChannelAdapter, CreateChannels } from '#answerdesk/seams/channels.ts';

const invalid = (channel: string, field: string, reason: string) =>
  Object.assign(new Error(`${channel}: ${field}: ${reason}`), { code: 'INVALID_INPUT', channel, field, reason });

const offsetOf = (minutes: number) => {
  const hour = Math.trunc(Math.abs(minutes) / 60);
  const rest = Math.abs(minutes) % 60;
  return `${minutes < 0 ? '-' : '+'}${String(hour).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
};
/** ISO 8601 on a clock with that offset. */
const onClock = (ms: number, minutes: number) =>
  new Date(ms + minutes * 60_000).toISOString().replace(/(\.000)?Z$/, offsetOf(minutes));

const text = v.string();
const object = v.record(v.string(), v.unknown());
const isoTime = v.pipe(
  text,
  v.regex(/T.*(?:Z|[+-]\d\d:\d\d)$/, 'has no offset'),
  v.check((time) => Number.isFinite(Date.parse(time)), 'is on no calendar'),
);
const base64 = v.pipe(
  text,
  v.regex(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, 'is not base64'),
);
const base64url = v.pipe(text, v.regex(/^[\w-]*$/, 'is not base64url'));

/** Reads with the schema; the first issue becomes the refusal. */
const parser =
  <S extends v.GenericSchema>(channel: string, schema: S) =>
  (raw: unknown): v.InferOutput<S> => {
    const { success, output, issues } = v.safeParse(schema, raw);
    if (success) return output;
    const [issue] = issues;
    throw invalid(channel, v.getDotPath(issue) ?? 'message', issue.message);
  };
const named = (name: string | undefined) => (name === undefined ? {} : { name });
const titled = (subject: string | undefined) => (subject === undefined ? {} : { subject });

const mailTime = v.pipe(
  text,
  v.regex(/[+-]\d{4}(?:\s*\([^)]*\))?$/, 'has no numeric zone'),
  v.check((date) => Number.isFinite(Date.parse(date)), 'is not a date'),
);
const mailSchema = v.looseObject({
  mailbox: text,
  from: v.object({ address: text, name: v.optional(text) }),
  headers: object,
  body: v.object({ charset: v.optional(text), base64 }),
  parts: v.array(v.object({ filename: text, contentType: text, data: base64 })),
});
const readMail = parser('mail', mailSchema);
const headerSchemas = { 'message-id': text, date: mailTime, subject: v.optional(text) };
const readHeaders = parser('mail', v.object({ headers: v.looseObject(headerSchemas) }));

const HIGHEST: Record<string, number> = { 'us-ascii': 0x7f, 'iso-8859-1': 0xff };
/** Undefined where the bytes aren't what was declared. */
function decoded(bytes: Buffer, charset: string): string | undefined {
  const highest = HIGHEST[charset];
  if (highest !== undefined) return bytes.every((byte) => byte <= highest) ? bytes.toString('latin1') : undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

const mail: ChannelAdapter = {
  channel: 'mail',
  read(raw) {
    const { mailbox, from, headers, body, parts, ...rest } = readMail(raw);
    const spelled = Object.fromEntries(Object.keys(headers).map((name) => [name.toLowerCase(), name]));
    const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    const { 'message-id': id, date, subject } = readHeaders({ headers: lower }).headers;
    const { address, name, ...sender } = from;
    const { base64: content, ...declared } = body;
    const charset = (declared.charset ?? 'us-ascii').toLowerCase();
    if (charset !== 'utf-8' && !(charset in HIGHEST)) throw invalid('mail', 'body.charset', 'is unknown');
    const words = decoded(Buffer.from(content, 'base64'), charset);
    if (words === undefined) throw invalid('mail', 'body.base64', `is not ${charset}`);
    const [, sign = '+', hours, minutes] = /([+-])(\d\d)(\d\d)[^\d]*$/.exec(date) ?? [];
    const others = Object.entries(headers).filter(([key]) => !['message-id', 'subject'].includes(key.toLowerCase()));
    return {
      id,
      channel: 'mail',
      tenant: mailbox,
      asker: { id: address, ...named(name) },
      ...titled(subject),
      text: words,
      askedAt: onClock(Date.parse(date), Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes))),
      attachments: parts.map((part) => ({ name: part.filename, mediaType: part.contentType, content: part.data })),
      extensions: {
        message: rest,
        headers: Object.fromEntries(others),
        spelled: { id: spelled['message-id'], subject: spelled['subject'] },
        sender,
        declared,
        parts: parts.map(({ filename: _, contentType: __, data: ___, ...part }) => part),
      },
    };
  },
  write({ id, tenant, asker, subject, text: words, attachments, extensions }) {
    const { message, headers, spelled, sender, declared, parts } = extensions as {
      message: object;
      headers: object;
      spelled: { id: string; subject?: string };
      sender: object;
      declared: { charset?: string };
      parts: object[];
    };
    const charset = (declared.charset ?? 'us-ascii').toLowerCase();
    const fits = [...words].every((one) => (one.codePointAt(0) as number) <= (HIGHEST[charset] ?? Infinity));
    const encoding = fits && charset in HIGHEST ? 'latin1' : 'utf8';
    return {
      ...message,
      mailbox: tenant,
      from: { ...sender, address: asker.id, ...named(asker.name) },
      headers: {
        ...headers,
        [spelled.id]: id,
        ...(subject !== undefined && { [spelled.subject ?? 'Subject']: subject }),
      },
      body: {
        ...declared,
        ...(!fits && { charset: 'utf-8' }),
        base64: Buffer.from(words, encoding).toString('base64'),
      },
      parts: attachments.map(({ name, mediaType, content }, n) => ({
        ...parts[n],
        filename: name,
        contentType: mediaType,
        data: content,
      })),
    };
  },
};

const readChat = parser(
  'chat',
  v.looseObject({
    workspace: text,
    user: v.object({ id: text, display: v.optional(text) }),
    message_id: text,
    text,
    ts: v.pipe(text, v.regex(/^\d+(\.\d+)?$/, 'is not in seconds')),
    tz_offset: v.pipe(v.number(), v.integer(), v.minValue(-720), v.maxValue(840)),
    files: v.optional(v.array(v.object({ name: text, mimetype: text, bytes: base64 }))),
  }),
);
const chat: ChannelAdapter = {
  channel: 'chat',
  read(raw) {
    const { workspace, user, message_id, text: words, ts, tz_offset, files, ...message } = readChat(raw);
    const { id, display, ...person } = user;
    return {
      id: message_id,
      channel: 'chat',
      tenant: workspace,
      asker: { id, ...named(display) },
      text: words,
      askedAt: onClock(Math.floor(Number(ts) * 1000), tz_offset),
      attachments: (files ?? []).map((file) => ({ name: file.name, mediaType: file.mimetype, content: file.bytes })),
      extensions: {
        message,
        person,
        ts,
        tz_offset,
        ...(files && { files: files.map(({ name: _, mimetype: __, bytes: ___, ...file }) => file) }),
      },
    };
  },
  write({ id, tenant, asker, text: words, attachments, extensions }) {
    const { message, person, ts, tz_offset, files } = extensions as {
      message: object;
      person: object;
      ts: string;
      tz_offset: number;
      files?: object[];
    };
    const written = attachments.map(({ name, mediaType, content }, n) => ({
      ...files?.[n],
      name,
      mimetype: mediaType,
      bytes: content,
    }));
    const user = { ...person, id: asker.id, ...(asker.name !== undefined && { display: asker.name }) };
    const common = { ...message, workspace: tenant, user, message_id: id, text: words, ts, tz_offset };
    return files ? { ...common, files: written } : common;
  },
};

const readForm = parser(
  'form',
  v.looseObject({
    submission: text,
    tenant: text,
    email: text,
    fields: v.object({ subject: v.optional(text), question: text, name: v.optional(text) }),
    submittedAt: isoTime,
    uploads: v.array(v.object({ filename: text, type: text, base64 })),
  }),
);
const form: ChannelAdapter = {
  channel: 'form',
  read(raw) {
    const { submission, tenant, email, fields, submittedAt, uploads, ...message } = readForm(raw);
    const { subject, question, name, ...more } = fields;
    return {
      id: submission,
      channel: 'form',
      tenant,
      asker: { id: email, ...named(name) },
      ...titled(subject),
      text: question,
      askedAt: submittedAt,
      attachments: uploads.map((file) => ({ name: file.filename, mediaType: file.type, content: file.base64 })),
      extensions: { message, more, uploads: uploads.map(({ filename: _, type: __, base64: ___, ...file }) => file) },
    };
  },
  write({ id, tenant, asker, subject, text: question, askedAt, attachments, extensions }) {
    const { message, more, uploads } = extensions as { message: object; more: object; uploads: object[] };
    return {
      ...message,
      submission: id,
      tenant,
      email: asker.id,
      fields: { ...more, ...titled(subject), question, ...named(asker.name) },
      submittedAt: askedAt,
      uploads: attachments.map(({ name, mediaType, content }, n) => ({
        ...uploads[n],
        filename: name,
        type: mediaType,
        base64: content,
      })),
    };
  },
};

const readApi = parser(
  'api',
  v.looseObject({
    id: text,
    tenant: text,
    asker: v.object({ id: text, name: v.optional(text) }),
    subject: v.optional(text),
    question: text,
    asked_at: isoTime,
    attachments: v.optional(v.array(v.object({ name: text, media_type: text, content: base64url }))),
    metadata: v.optional(object),
  }),
);
const api: ChannelAdapter = {
  channel: 'api',
  read(raw) {
    const { id, tenant, asker, subject, question, asked_at, attachments, ...message } = readApi(raw);
    const { id: askerId, name, ...person } = asker;
    const files = attachments?.map(({ name: _, media_type: __, content: ___, ...file }) => file);
    return {
      id,
      channel: 'api',
      tenant,
      asker: { id: askerId, ...named(name) },
      ...titled(subject),
      text: question,
      askedAt: asked_at,
      attachments: (attachments ?? []).map((file) => ({
        name: file.name,
        mediaType: file.media_type,
        content: Buffer.from(file.content, 'base64url').toString('base64'),
      })),
      extensions: { message, person, ...(files && { files }) },
    };
  },
  write({ id, tenant, asker, subject, text: question, askedAt, attachments, extensions }) {
    const { message, person, files } = extensions as { message: object; person: object; files?: object[] };
    const written = attachments.map(({ name, mediaType, content }, n) => ({
      ...files?.[n],
      name,
      media_type: mediaType,
      content: Buffer.from(content, 'base64').toString('base64url'),
    }));
    return {
      ...message,
      id,
      tenant,
      asker: { ...person, id: asker.id, ...named(asker.name) },
      ...titled(subject),
      question,
      asked_at: askedAt,
      ...((files || written.length > 0) && { attachments: written }),
    };
  },
};

export const createChannels: CreateChannels = () => {
  const known: Record<string, ChannelAdapter> = { mail, chat, form, api };
  const adapter = (channel: string) => {
    if (!Object.hasOwn(known, channel)) throw invalid(channel, 'channel', 'is unknown');
    return known[channel] as ChannelAdapter;
  };
  return {
    register(added) {
      known[added.channel] = added;
    },
    receive: (channel, raw): CanonicalQuestion => adapter(channel).read(raw),
    write: (question) => adapter(question.channel).write(question),
  };
};
