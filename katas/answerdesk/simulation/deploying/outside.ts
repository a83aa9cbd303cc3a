import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KeyRing } from '../../seams/audit-log.ts';
import type { ConversationStore } from '../../seams/conversation.ts';
import type { ProjectionStore } from '../../seams/projection.ts';

/** What outlives every process, in memory: each keeps JSON, as the real one would, and takes a few milliseconds. */

const refusal = (code: string, message: string) => Object.assign(new Error(message), { code });

export function conversationStore(): ConversationStore {
  const stored = new Map<string, { json: string; version: number }>();
  return {
    load: async (key) => {
      await sleep(4);
      const found = stored.get(key);
      return found && { value: JSON.parse(found.json) as unknown, version: found.version };
    },
    save: async (key, value, expected) => {
      const json = JSON.stringify(value);
      await sleep(6);
      const version = stored.get(key)?.version ?? 0;
      if (version !== expected) throw refusal('VERSION_CONFLICT', `${key} is at version ${version}, not ${expected}`);
      stored.set(key, { json, version: version + 1 });
      return { version: version + 1 };
    },
  };
}

export function projectionStore(): ProjectionStore {
  const slots = new Map<string, { json: string; checkpoint: number }>();
  let active: string | undefined;
  return {
    load: async (slot) => {
      await sleep(3);
      const found = slots.get(slot);
      return found && { value: JSON.parse(found.json) as unknown, checkpoint: found.checkpoint };
    },
    save: async (slot, value, checkpoint, expected) => {
      const json = JSON.stringify(value);
      await sleep(5);
      const stands = slots.get(slot)?.checkpoint ?? -1;
      if (stands !== expected) throw refusal('SLOT_CONFLICT', `${slot} is at ${stands}, not ${expected}`);
      slots.set(slot, { json, checkpoint });
    },
    drop: async (slot) => void slots.delete(slot),
    active: async () => active,
    activate: async (slot) => {
      active = slot;
    },
  };
}

export function keyRing(seed: number): KeyRing {
  const keys = new Map<string, Uint8Array>();
  return {
    get: async (subject) => keys.get(subject)?.slice(),
    create: async (subject) => {
      const key = keys.get(subject) ?? createHash('sha256').update(`${seed} ${subject}`).digest();
      keys.set(subject, key);
      return key.slice();
    },
    destroy: async (subject) => void keys.delete(subject),
  };
}
