import { setTimeout as sleep } from 'node:timers/promises';
import type { ConversationStore } from '../../seams/conversation.ts';
import type { ProjectionStore } from '../../seams/projection.ts';
import { CheckpointedSlots, VersionedValues } from '../checked-stores.ts';

/** What outlives every process, in memory: each keeps JSON, as the real one would, and takes a few milliseconds. */

export function conversationStore(): ConversationStore {
  const values = new VersionedValues();
  return {
    load: async (key) => {
      await sleep(4);
      return values.load(key);
    },
    save: async (key, value, expected) => {
      const json = JSON.stringify(value);
      await sleep(6);
      return values.save(key, json, expected);
    },
  };
}

export function projectionStore(): ProjectionStore {
  const slots = new CheckpointedSlots();
  let active: string | undefined;
  return {
    load: async (slot) => {
      await sleep(3);
      return slots.load(slot);
    },
    save: async (slot, value, checkpoint, expected) => {
      const json = JSON.stringify(value);
      await sleep(5);
      slots.save(slot, json, checkpoint, expected);
    },
    drop: async (slot) => slots.drop(slot),
    active: async () => active,
    activate: async (slot) => {
      active = slot;
    },
  };
}
