import { createCipheriv, createDecipheriv, createHash, randomBytes, randomUUID } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { LoggedEvent } from '#answerdesk/event-log.ts';
import type { AuditEntry, AuditRecord, CreateAuditLog, Head } from '#answerdesk/seams/audit-log.ts';

/** An entry as it lies in the log: what is personal is sealed, so its hash outlives the key. */
interface Written extends Omit<AuditRecord, 'type' | 'personal'> {
  id: string;
  at: string;
  personal?: { subject: string; sealed: string };
}

const EMPTY: Head = { revision: -1, hash: '' };

/** Whatever the order in which a store gives the fields back. */
const hashOf = (previous: string, stream: string, revision: number, type: string, written: unknown): string =>
  createHash('sha256')
    .update(canonicalize([previous, stream, revision, type, written]) as string)
    .digest('hex');

function seal(key: Uint8Array, data: object): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const body = Buffer.concat([cipher.update(JSON.stringify(data), 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64');
}

/** Undefined: the key that sealed it is gone, whatever key the subject has by now. */
function unseal(key: Uint8Array | undefined, sealed: string): Record<string, unknown> | undefined {
  if (!key) return undefined;
  const bytes = Buffer.from(sealed, 'base64');
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(12, 28));
    return JSON.parse(Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8'));
  } catch {
    return undefined;
  }
}

function mustBeComplete({ type, by, why, correlationId }: AuditRecord): void {
  const missing = Object.entries({ type, by, why, correlationId }).find(([, value]) => !value);
  if (!missing) return;
  throw Object.assign(new Error(`an audit record needs ${missing[0]}`), { code: 'RECORD_INCOMPLETE' });
}

const writtenIn = ({ data }: LoggedEvent) => data as unknown as Written;
const hashIn = (event: LoggedEvent | undefined) => String(event?.metadata['hash'] ?? '');

export const createAuditLog: CreateAuditLog = ({ log, keys, now }) => {
  async function readEntry(event: LoggedEvent): Promise<AuditEntry> {
    const { personal, ...open } = writtenIn(event);
    const entry = { ...open, type: event.type, revision: event.revision };
    if (!personal) return entry;
    const data = unseal(await keys.get(personal.subject), personal.sealed);
    return data ? { ...entry, personal: { subject: personal.subject, data } } : { ...entry, erased: true };
  }

  return {
    async append(stream, record, expected) {
      mustBeComplete(record);
      const { type, by, why, data, personal, correlationId, causationId } = record;
      const written: Written = {
        ...{ id: randomUUID(), at: new Date(now()).toISOString(), by, why, data, correlationId, causationId },
        ...(personal && {
          personal: {
            subject: personal.subject,
            sealed: seal(await keys.create(personal.subject), personal.data),
          },
        }),
      };
      // As it will be read: what JSON drops is not part of it.
      const plain = JSON.parse(JSON.stringify(written)) as Written;
      const [last] = expected < 0 ? [] : await log.read(stream, { from: expected, limit: 1 });
      const revision = expected + 1;
      const hash = hashOf(hashIn(last), stream, revision, type, plain);
      const event = { id: plain.id, type, data: plain, metadata: { hash } };
      await log.append(stream, [event], { expected: expected < 0 ? 'none' : expected });
      return { entry: { ...record, id: plain.id, at: plain.at, revision }, head: { revision, hash } };
    },

    async read(stream) {
      return Promise.all((await log.read(stream)).map(readEntry));
    },

    async verify(stream, head) {
      let now = EMPTY;
      for (const event of await log.read(stream)) {
        const revision = now.revision + 1;
        if (event.revision !== revision) return { intact: false, revision, what: 'it is missing' };
        const hash = hashOf(now.hash, stream, revision, event.type, event.data);
        if (hash !== hashIn(event)) return { intact: false, revision, what: 'it is not what was written here' };
        if (head?.revision === revision && head.hash !== hash) {
          return { intact: false, revision, what: 'it is not the entry that the head was taken of' };
        }
        now = { revision, hash };
      }
      if (head && head.revision > now.revision) {
        return { intact: false, revision: now.revision + 1, what: `it is missing, as is all up to ${head.revision}` };
      }
      return { intact: true, head: now };
    },

    erase: (subject) => keys.destroy(subject),
  };
};
