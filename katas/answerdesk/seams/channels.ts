/** What every part behind the channels works with. */
export interface CanonicalQuestion {
  id: string;
  channel: string;
  tenant: string;
  asker: { id: string; name?: string };
  /** Absent where the channel has none; empty where it was left empty. */
  subject?: string;
  text: string;
  /** ISO 8601 with the offset that the asker's channel gave, never another one. */
  askedAt: string;
  attachments: { name: string; mediaType: string /** base64 */; content: string }[];
  /** What this channel alone knows, under names of its own; plain JSON. */
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
  /** As the channel calls it: `headers.date`. */
  field: string;
  reason: string;
}

/** Mail as our gateway hands it over: headers with names in any case, bodies as they came. */
export interface MailMessage {
  headers: Record<string, string>;
  body: string;
  parts: { filename: string; contentType: string; encoding: 'base64'; data: string }[];
}
export interface ChatMessage {
  workspace: string;
  user: { id: string; display?: string };
  message_id: string;
  text: string;
  /** Seconds since the epoch, with a fraction. */
  ts: string;
  /** Of the user, in minutes east of UTC. */
  tz_offset: number;
  files?: { name: string; mimetype: string; bytes: string }[];
}
export interface WebForm {
  submission: string;
  tenant: string;
  email: string;
  fields: { subject?: string; question: string; name?: string };
  /** Local time and the zone's offset: `2026-03-03T10:41:00+01:00`. */
  submittedAt: string;
  uploads: { filename: string; type: string; base64: string }[];
}
export interface ApiQuestion {
  id: string;
  tenant: string;
  asker: { id: string; name?: string };
  subject?: string;
  question: string;
  asked_at: string;
  attachments?: { name: string; media_type: string; content: string }[];
  metadata?: Record<string, unknown>;
}

/** Kata 3.4. Knows mail, chat, form and api from the beginning; others are registered. */
export interface Channels {
  register: (adapter: ChannelAdapter) => void;
  receive: (channel: string, raw: unknown) => CanonicalQuestion;
  /** The question in its own channel's shape, nothing lost. */
  write: (question: CanonicalQuestion) => unknown;
}
export type CreateChannels = () => Channels;
