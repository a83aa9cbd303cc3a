import { createHash, randomUUID } from 'node:crypto';
import type { AuditEntry, AuditRecord, CreateAuditLog, Head } from '#answerdesk/seams/audit-log.ts';

const hashOf = (value: object) => createHash('sha256').update(JSON.stringify(value)).digest('hex');

export const createAuditLog: CreateAuditLog = ({ log, keys, now }) => {
  async function read(stream: string): Promise<AuditEntry[]> {
    const events = await log.read(stream);
    const entries = events.map(({ id, revision, type, data }) => {
      const { hash: _, ...entry } = data as unknown as AuditEntry & { hash: string };
      return { ...entry, id, revision, type };
    });
    return entries.sort((a, b) => a.at.localeCompare(b.at));
  }

  async function headOf(stream: string): Promise<Head> {
    const last = (await log.read(stream)).at(-1);
    return last ? { revision: last.revision, hash: String(last.data['hash']) } : { revision: -1, hash: '' };
  }

  return {
    read,

    // TODO: of two who build on the same entry one is told that the other was first.
    // TODO: what is personal can be made to go away, although nothing in the log ever does.
    // TODO: nothing is written for which nobody is answerable.
    async append(stream, { type, ...record }: AuditRecord) {
      const id = randomUUID();
      const written = { ...record, at: new Date(now()).toISOString() };
      await log.append(stream, [{ id, type, data: { ...written, hash: hashOf(written) } }]);
      const head = await headOf(stream);
      return { entry: { ...written, id, type, revision: head.revision }, head };
    },

    // TODO: whoever changes, removes, moves or adds anything is found out, and the first entry that it touches is named.
    async verify(stream) {
      for (const { revision, data } of await log.read(stream)) {
        const { hash, ...written } = data;
        if (hashOf(written) !== hash) return { intact: false, revision, what: 'the hash is another one' };
      }
      return { intact: true, head: await headOf(stream) };
    },

    async erase(subject) {
      await keys.destroy(subject);
    },
  };
};
