import type {
  ApiQuestion,
  CanonicalQuestion,
  ChannelAdapter,
  ChatMessage,
  CreateChannels,
  MailMessage,
  WebForm,
} from '#answerdesk/seams/channels.ts';

const utc = (time: string | number) => new Date(time).toISOString();
const extensions = {};

// TODO: what no question can be made of is refused, and its sender learns where it is wrong.
export const createChannels: CreateChannels = () => {
  const others = new Map<string, ChannelAdapter>();

  return {
    register: (adapter) => void others.set(adapter.channel, adapter),

    // TODO: a question says what its message says, and no less.
    receive(channel, raw) {
      switch (channel) {
        case 'mail': {
          const { mailbox: tenant, from, headers, body, parts } = raw as MailMessage;
          const { 'Message-ID': id = '', Subject: subject = '(no subject)', Date: date = '' } = headers;
          const asker = { id: from.address, name: from.name ?? '' };
          const text = Buffer.from(body.base64, 'base64').toString();
          const attachments = parts.map((part) => ({
            name: part.filename,
            mediaType: part.contentType,
            content: part.data,
          }));
          return { id, channel, tenant, asker, subject, text, askedAt: utc(date), attachments, extensions };
        }
        case 'chat': {
          const { message_id: id, workspace: tenant, user, text, ts, files = [] } = raw as ChatMessage;
          const asker = { id: user.id, name: user.display ?? '' };
          const attachments = files.map(({ name, mimetype, bytes }) => ({ name, mediaType: mimetype, content: bytes }));
          return { id, channel, tenant, asker, text, askedAt: utc(Number(ts) * 1000), attachments, extensions };
        }
        case 'form': {
          const { submission: id, tenant, email, fields, submittedAt, uploads } = raw as WebForm;
          const { question: text, subject = '(no subject)', name = '' } = fields;
          const attachments = uploads.map((file) => ({
            name: file.filename,
            mediaType: file.type,
            content: file.base64,
          }));
          const asker = { id: email, name };
          return { id, channel, tenant, asker, subject, text, askedAt: utc(submittedAt), attachments, extensions };
        }
        case 'api': {
          const { id, tenant, asker, subject = '', question: text, asked_at, attachments = [] } = raw as ApiQuestion;
          const files = attachments.map(({ media_type: mediaType, ...file }) => ({ ...file, mediaType }));
          const askedAt = utc(asked_at);
          return { id, channel, tenant, asker, subject, text, askedAt, attachments: files, extensions };
        }
        default:
          return others.get(channel)?.read(raw) as CanonicalQuestion;
      }
    },

    // TODO: a channel gets back what it gave, whichever channel it is.
    write({ id, channel, tenant, asker, subject, text, askedAt, attachments }) {
      if (channel === 'mail') {
        const headers = { 'Message-ID': id, Subject: subject, Date: new Date(askedAt).toUTCString() };
        const parts = attachments.map(({ name, mediaType, content }) => ({
          filename: name,
          contentType: mediaType,
          data: content,
        }));
        const body = { charset: 'utf-8', base64: Buffer.from(text).toString('base64') };
        return { mailbox: tenant, from: { address: asker.id, name: asker.name }, headers, body, parts };
      }
      return { id, tenant, asker, subject, question: text, asked_at: askedAt, attachments };
    },
  };
};
