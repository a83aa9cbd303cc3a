// Each entry is kept as one text and names the hash of the one before it; it has none of its own, the next one has it.
import { createCipheriv, createDecipheriv, createHash, randomBytes, randomUUID } from 'node:crypto';
import type { EventLog, LoggedEvent } from '#answerdesk/event-log.ts';
import type {
  AuditEntry,
  AuditLog,
  AuditPorts,
  AuditRecord,
  Head,
  KeyRing,
  Verdict,
} from '#answerdesk/seams/audit-log.ts';

const sha = (...texts: string[]) => createHash('sha256').update(JSON.stringify(texts)).digest('base64url');
const START = sha('start');
const PAGE = 100;

interface Line {
  previous: string;
  entry: Omit<AuditEntry, 'revision' | 'personal'>;
  sealed?: { subject: string; nonce: string; body: string };
}

const hashOf = (stream: string, { revision, type, data }: LoggedEvent) =>
  sha(stream, String(revision), type, String(data['line']));
const lineOf = ({ data }: LoggedEvent) => JSON.parse(String(data['line'])) as Line;

class Auditing implements AuditLog {
  readonly #log: EventLog;
  readonly #keys: KeyRing;
  readonly #now: () => number;

  constructor({ log, keys, now }: AuditPorts) {
    this.#log = log;
    this.#keys = keys;
    this.#now = now;
  }

  append = async (stream: string, record: AuditRecord, expected: number) => {
    const { personal, ...open } = record;
    for (const field of ['type', 'by', 'why', 'correlationId'] as const) {
      if (!open[field])
        throw Object.assign(new Error(`who is answerable? ${field} is empty`), { code: 'RECORD_INCOMPLETE' });
    }
    const [last] = await this.#log.read(stream, { from: Math.max(0, expected), limit: 1 });
    const previous = expected >= 0 && last ? hashOf(stream, last) : START;
    const entry = { id: randomUUID(), at: new Date(this.#now()).toISOString(), ...open };
    const sealed = personal && (await this.#seal(personal.subject, personal.data));
    const line = JSON.stringify({ previous, entry, ...(sealed && { sealed }) } satisfies Line);
    const event = { id: entry.id, type: open.type, data: { line } };
    const { revision } = await this.#log.append(stream, [event], { expected: expected === -1 ? 'none' : expected });
    const hash = sha(stream, String(revision), open.type, line);
    return { entry: { ...entry, ...(personal && { personal }), revision }, head: { revision, hash } };
  };

  read = async (stream: string) => {
    const entries: AuditEntry[] = [];
    for await (const event of this.#pages(stream)) {
      const { entry, sealed } = lineOf(event);
      const data = sealed && (await this.#unseal(sealed));
      const personal = data && sealed ? { personal: { subject: sealed.subject, data } } : {};
      entries.push({
        ...entry,
        revision: event.revision,
        ...personal,
        ...(sealed && !data && { erased: true as const }),
      });
    }
    return entries;
  };

  verify = async (stream: string, head?: Head): Promise<Verdict> => {
    let at: Head = { revision: -1, hash: START };
    for await (const event of this.#pages(stream)) {
      const next = at.revision + 1;
      if (event.revision !== next) return { intact: false, revision: next, what: 'missing' };
      let line: Line;
      try {
        line = lineOf(event);
      } catch {
        return { intact: false, revision: next, what: 'unreadable' };
      }
      if (line.entry?.type !== event.type) return { intact: false, revision: next, what: 'another type' };
      if (line.previous !== at.hash)
        return { intact: false, revision: Math.max(0, at.revision), what: 'not what the next one follows' };
      at = { revision: next, hash: hashOf(stream, event) };
      if (head?.revision === next && head.hash !== at.hash)
        return { intact: false, revision: next, what: 'not the head' };
    }
    if (head && head.revision > at.revision) return { intact: false, revision: at.revision + 1, what: 'cut off' };
    return { intact: true, head: at };
  };

  erase = (subject: string) => this.#keys.destroy(subject);

  async *#pages(stream: string) {
    for (let from = 0; ; from += PAGE) {
      const page = await this.#log.read(stream, { from, limit: PAGE });
      yield* page;
      if (page.length < PAGE) return;
    }
  }

  async #seal(subject: string, data: object) {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('chacha20-poly1305', await this.#keys.create(subject), nonce, { authTagLength: 16 });
    const body = Buffer.concat([cipher.update(JSON.stringify(data)), cipher.final()]);
    return { subject, nonce: nonce.toString('hex'), body: Buffer.concat([body, cipher.getAuthTag()]).toString('hex') };
  }

  async #unseal({ subject, nonce, body }: NonNullable<Line['sealed']>): Promise<Record<string, unknown> | undefined> {
    const key = await this.#keys.get(subject);
    if (!key) return undefined;
    const bytes = Buffer.from(body, 'hex');
    const decipher = createDecipheriv('chacha20-poly1305', key, Buffer.from(nonce, 'hex'), { authTagLength: 16 });
    decipher.setAuthTag(bytes.subarray(-16));
    try {
      return JSON.parse(Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString());
    } catch {
      return undefined;
    }
  }
}

export const createAuditLog = (ports: AuditPorts): AuditLog => new Auditing(ports);
