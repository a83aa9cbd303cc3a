import { createHash } from 'node:crypto';
import type { KeyRing } from '../seams/audit-log.ts';

/** Keys that can be destroyed, in memory: no two subjects have the same, nor has one subject after its erasure. */
export function keyRing(seed: number): KeyRing {
  const keys = new Map<string, Uint8Array>();
  let made = 0;
  return {
    get: async (subject) => keys.get(subject)?.slice(),
    create: async (subject) => {
      const key = keys.get(subject) ?? createHash('sha256').update(`${seed} ${subject} ${++made}`).digest();
      keys.set(subject, key);
      return key.slice();
    },
    destroy: async (subject) => void keys.delete(subject),
  };
}
