import type { LearningStore } from './learning-store.ts';

type Stored = { id: string; revision: number; type: string; data: never; metadata: object };

/** A store in memory with the rules of the real one, for tests. */
export class MemoryStore implements LearningStore {
  readonly streams = new Map<string, Stored[]>();
  readonly notices: readonly string[] = [];
  /** Called before each append: a test can be faster, or fail. */
  beforeAppend: (stream: string) => Promise<void> | void = () => {};

  append: LearningStore['append'] = async (stream, events, expected) => {
    await this.beforeAppend(stream);
    const there = this.streams.get(stream) ?? [];
    if (events.every(({ id }) => there.some((stored) => stored.id === id))) return { revision: there.length - 1 };
    const revision = there.length - 1;
    if (expected !== 'any' && (expected === 'no_stream' ? -1 : expected) !== revision)
      throw Object.assign(new Error(`${stream} is at ${revision}`), { name: 'WrongExpectedRevision' });
    const added = events.map(
      (event, n) => ({ ...structuredClone(event), revision: there.length + n }) as unknown as Stored,
    );
    this.streams.set(stream, [...there, ...added]);
    return { revision: revision + events.length };
  };

  async *read(stream: string, { from = 0 }: { from?: number } = {}) {
    yield* structuredClone((this.streams.get(stream) ?? []).slice(from));
  }

  close = async (): Promise<void> => {};
}
