import type {
  ApiQuestion,
  ChannelAdapter,
  ChatMessage,
  CreateChannels,
  MailMessage,
  WebForm,
} from '#answerdesk/seams/channels.ts';

const utc = (time: string | number) => new Date(time).toISOString();
const headerOf = ({ headers }: MailMessage, name: string) =>
  Object.entries(headers).find(([spelled]) => spelled.toLowerCase() === name)?.[1];
const attachmentsOf = <File>(files: File[], name: keyof File, type: keyof File, bytes: keyof File) =>
  files.map((file) => ({
    name: String(file[name]),
    mediaType: String(file[type]),
    content: Buffer.from(String(file[bytes]), 'base64').toString('base64'),
  }));

export const createChannels: CreateChannels = () => {
  const others = new Map<string, ChannelAdapter>();

  return {
    register: (adapter) => void others.set(adapter.channel, adapter),

    // TODO: a question says what its message says: the asker's own time, and what was left out.
    // TODO: what no question can be made of is refused, and the channel learns where it is wrong.
    receive(channel, raw) {
      const common = { channel, extensions: {} };
      switch (channel) {
        case 'mail': {
          const mail = raw as MailMessage;
          const [id = '', subject = '(no subject)'] = [headerOf(mail, 'message-id'), headerOf(mail, 'subject')];
          const asker = { id: mail.from.address, name: mail.from.name ?? '' };
          const text = Buffer.from(mail.body.base64, 'base64').toString();
          const askedAt = utc(headerOf(mail, 'date') ?? Date.now());
          const attachments = attachmentsOf(mail.parts, 'filename', 'contentType', 'data');
          return { ...common, id, tenant: mail.mailbox, asker, subject, text, askedAt, attachments };
        }
        case 'chat': {
          const { message_id: id, workspace: tenant, user, text, ts, files = [] } = raw as ChatMessage;
          const asker = { id: user.id, name: user.display ?? '' };
          const attachments = attachmentsOf(files, 'name', 'mimetype', 'bytes');
          return { ...common, id, tenant, asker, text, askedAt: utc(Number(ts) * 1000), attachments };
        }
        case 'form': {
          const { submission: id, tenant, email, fields, submittedAt, uploads } = raw as WebForm;
          const { question: text, subject = '(no subject)', name = '' } = fields;
          const attachments = attachmentsOf(uploads, 'filename', 'type', 'base64');
          const asker = { id: email, name };
          return { ...common, id, tenant, asker, subject, text, askedAt: utc(submittedAt), attachments };
        }
        case 'api': {
          const { id, tenant, subject = '', question: text, asked_at, attachments: files = [] } = raw as ApiQuestion;
          const { id: by, name = '' } = (raw as ApiQuestion).asker;
          const asker = { id: by, name };
          const attachments = attachmentsOf(files, 'name', 'media_type', 'content');
          return { ...common, id, tenant, asker, subject, text, askedAt: utc(asked_at), attachments };
        }
        default: {
          const adapter = others.get(channel);
          if (!adapter) throw new Error(`no channel ${channel}`);
          return adapter.read(raw);
        }
      }
    },

    // TODO: a channel gets back what it gave, whichever channel it is.
    write({ id, channel, tenant, asker, subject = '', text, askedAt, attachments }) {
      if (channel === 'mail') {
        const headers = { 'Message-ID': id, Subject: subject, Date: new Date(askedAt).toUTCString() };
        const body = { charset: 'utf-8', base64: Buffer.from(text).toString('base64') };
        const parts = attachments.map((file) => ({
          filename: file.name,
          contentType: file.mediaType,
          data: file.content,
        }));
        return { mailbox: tenant, from: { address: asker.id, name: asker.name }, headers, body, parts };
      }
      return { id, tenant, asker, subject, question: text, asked_at: askedAt, attachments };
    },
  };
};
