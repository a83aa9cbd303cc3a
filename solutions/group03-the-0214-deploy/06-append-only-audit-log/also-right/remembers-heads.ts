// Remembers the heads that it has seen, so that most appends read nothing; what it remembers is a guess that the log confirms.
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, randomUUID } from 'node:crypto';
import type { LoggedEvent } from '#answerdesk/event-log.ts';
import type { AuditEntry, CreateAuditLog, Head } from '#answerdesk/seams/audit-log.ts';

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
};
const link = (before: string, what: unknown) =>
  createHmac('sha512', before)
    .update(JSON.stringify(sorted(what)))
    .digest('hex');

export const createAuditLog: CreateAuditLog = ({ log, keys, now }) => {
  const seen = new Map<string, Head>();
  const derived = (key: Uint8Array) => new Uint8Array(hkdfSync('sha256', key, 'audit', 'personal', 32));
  const linkOf = (before: string, { revision, type, data }: LoggedEvent) => link(before, { revision, type, data });

  async function hashAt(stream: string, revision: number): Promise<string> {
    if (revision < 0) return 'start';
    const known = seen.get(stream);
    if (known?.revision === revision) return known.hash;
    const [event] = await log.read(stream, { from: revision, limit: 1 });
    return String(event?.metadata['link'] ?? '');
  }

  async function entryOf({ id, revision, type, data }: LoggedEvent): Promise<AuditEntry> {
    const { by, why, at, correlationId, causationId, about, sealed } = data as Record<string, string>;
    const shown = {
      id,
      revision,
      type,
      by,
      why,
      at,
      correlationId,
      causationId: causationId ?? null,
      data: data['data'],
    } as AuditEntry;
    if (about === undefined || sealed === undefined) return shown;
    const key = await keys.get(about);
    try {
      if (!key) throw new Error('erased');
      const [nonce, tag, body] = sealed.split('.').map((part) => Buffer.from(part, 'base64')) as [
        Buffer,
        Buffer,
        Buffer,
      ];
      const decipher = createDecipheriv('aes-256-gcm', derived(key), nonce).setAuthTag(tag);
      const text = Buffer.concat([decipher.update(body), decipher.final()]).toString();
      return { ...shown, personal: { subject: about, data: JSON.parse(text) as Record<string, unknown> } };
    } catch {
      return { ...shown, erased: true };
    }
  }

  async function sealed(subject: string, data: object): Promise<string> {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', derived(await keys.create(subject)), nonce);
    const body = Buffer.concat([cipher.update(JSON.stringify(data)), cipher.final()]);
    return [nonce, cipher.getAuthTag(), body].map((part) => part.toString('base64')).join('.');
  }

  return {
    async append(stream, record, expected) {
      const { type, personal, ...rest } = record;
      if (![type, rest.by, rest.why, rest.correlationId].every(Boolean)) {
        throw Object.assign(new Error('incomplete'), { code: 'RECORD_INCOMPLETE' });
      }
      const at = new Date(now()).toISOString();
      const about = personal && { about: personal.subject, sealed: await sealed(personal.subject, personal.data) };
      const data = structuredClone({ ...rest, at, ...about });
      const revision = expected + 1;
      const hash = link(await hashAt(stream, expected), { revision, type, data });
      const id = randomUUID();
      await log.append(stream, [{ id, type, data, metadata: { link: hash } }], {
        expected: expected < 0 ? 'none' : expected,
      });
      const head = { revision, hash };
      seen.set(stream, head);
      return { entry: { ...record, id, at, revision }, head: { ...head } };
    },

    read: async (stream) => Promise.all((await log.read(stream)).map(entryOf)),

    async verify(stream, head) {
      const events = await log.read(stream);
      let hash = 'start';
      for (const [revision, event] of events.entries()) {
        hash = event.revision === revision ? linkOf(hash, event) : '';
        const broken = hash === '' || hash !== event.metadata['link'];
        if (broken || (head?.revision === revision && head.hash !== hash))
          return { intact: false, revision, what: 'broken here' };
      }
      const last = events.length - 1;
      if (head && head.revision > last) return { intact: false, revision: last + 1, what: 'missing' };
      return { intact: true, head: { revision: last, hash } };
    },

    erase: (subject) => keys.destroy(subject),
  };
};
