/** What every part behind the channels works with. Plain JSON: it waits in queues and is read by other processes. */
export interface CanonicalQuestion {
  id: string;
  channel: string;
  tenant: string;
  asker: { id: string; name?: string };
  /** Absent where the channel has none; empty where it was left empty. */
  subject?: string;
  text: string;
  /** ISO 8601 with the offset that the asker's channel gave, never another one: `2026-05-19T04:14:07+02:00`. */
  askedAt: string;
  attachments: { name: string; mediaType: string /** base64 */; content: string }[];
  /** What this channel alone knows, under the names that it uses, and nothing that stands above. */
  extensions: Record<string, unknown>;
}

/** One channel: its own shape to the canonical one, and back. */
export interface ChannelAdapter {
  channel: string;
  /** Throws `InvalidInput`. */
  read: (raw: unknown) => CanonicalQuestion;
  /** The shape that it was read from. */
  write: (question: CanonicalQuestion) => unknown;
}

/** `code` is 'INVALID_INPUT'. */
export interface InvalidInput extends Error {
  code: string;
  channel: string;
  /** As the channel calls it, with dots: `body.charset`, `files.1.bytes`; headers in lower case: `headers.date`. */
  field: string;
  reason: string;
}

/** Mail as our gateway hands it over. All channels may send fields that aren't listed here, at every level. */
export interface MailMessage {
  /** The tenant. */
  mailbox: string;
  from: { address: string; name?: string };
  /**
   * Names in any case, values decoded. `Message-ID` is the question's id. `Date` is as in RFC 5322 with a numeric zone,
   * `Tue, 19 May 2026 04:14:07 +0200`, sometimes with a comment behind it, ` (CEST)`; day name and seconds may be missing.
   * `Subject` may be missing.
   */
  headers: Record<string, string>;
  /**
   * The bytes as they came, and the charset that was declared, in any case: utf-8, us-ascii or iso-8859-1. Without one it
   * is us-ascii (RFC 2045).
   */
  body: { charset?: string; base64: string };
  parts: { filename: string; contentType: string /** base64 */; data: string }[];
}
export interface ChatMessage {
  /** The tenant. */
  workspace: string;
  user: { id: string; display?: string };
  message_id: string;
  text: string;
  /** Seconds since the epoch, with a fraction of up to six digits: `1779156847.000213`. */
  ts: string;
  /** Of the user, in minutes east of UTC, from -720 to 840. */
  tz_offset: number;
  /** `bytes` is base64. */
  files?: { name: string; mimetype: string; bytes: string }[];
}
export interface WebForm {
  submission: string;
  tenant: string;
  email: string;
  fields: { subject?: string; question: string; name?: string };
  /** Local time with the offset of its zone: `2026-05-19T04:14:07+02:00`. */
  submittedAt: string;
  uploads: { filename: string; type: string; base64: string }[];
}
export interface ApiQuestion {
  id: string;
  tenant: string;
  asker: { id: string; name?: string };
  subject?: string;
  question: string;
  /** ISO 8601 with an offset or `Z`, perhaps with a fraction. */
  asked_at: string;
  /** `content` is base64url without padding (RFC 4648, section 5). */
  attachments?: { name: string; media_type: string; content: string }[];
  metadata?: Record<string, unknown>;
}

/** Kata 3.4. Knows mail, chat, form and api from the beginning; others are registered. */
export interface Channels {
  register: (adapter: ChannelAdapter) => void;
  /** Throws `InvalidInput`; for a channel that nobody registered with the field `channel`. */
  receive: (channel: string, raw: unknown) => CanonicalQuestion;
  /** The question in its own channel's shape, nothing lost. Throws `InvalidInput` for an unknown channel likewise. */
  write: (question: CanonicalQuestion) => unknown;
}
export type CreateChannels = () => Channels;
