/** What the stores of all scenes do in the moment in which they do it; how long that takes is the scene's. */

const refused = (code: string, message: string) => Object.assign(new Error(message), { code });

/** Values by key, as JSON, each with a version that only its next writer may know. */
export class VersionedValues {
  readonly #stored = new Map<string, { json: string; version: number }>();

  load(key: string): { value: unknown; version: number } | undefined {
    const found = this.#stored.get(key);
    return found && { value: JSON.parse(found.json) as unknown, version: found.version };
  }

  save(key: string, json: string, expected: number): { version: number } {
    const version = this.#stored.get(key)?.version ?? 0;
    if (version !== expected) throw refused('VERSION_CONFLICT', `${key} is at version ${version}, not ${expected}`);
    this.#stored.set(key, { json, version: version + 1 });
    return { version: version + 1 };
  }
}

/** Values by slot, as JSON, each with the checkpoint up to which it was folded. */
export class CheckpointedSlots {
  readonly #slots = new Map<string, { json: string; checkpoint: number }>();

  get size(): number {
    return this.#slots.size;
  }

  load(slot: string): { value: unknown; checkpoint: number } | undefined {
    const found = this.#slots.get(slot);
    return found && { value: JSON.parse(found.json) as unknown, checkpoint: found.checkpoint };
  }

  save(slot: string, json: string, checkpoint: number, expected: number): void {
    const stands = this.#slots.get(slot)?.checkpoint ?? -1;
    if (stands !== expected) throw refused('SLOT_CONFLICT', `${slot} is at ${stands}, not ${expected}`);
    this.#slots.set(slot, { json, checkpoint });
  }

  drop(slot: string): void {
    this.#slots.delete(slot);
  }
}
