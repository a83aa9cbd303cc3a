import { randomUUID } from 'node:crypto';
import { type EventStoreDBClient, jsonEvent } from '@eventstore/db-client';

interface Batch {
  /** The revision of its first event. */
  first: number;
  ids: string[];
  /** Bytes of padding in each event. */
  padding: number;
}

export interface Findings {
  acknowledgedAndLost: number;
  partialBatches: number;
  duplicates: number;
  acknowledged: number;
  /** Acknowledged events that were looked for after a crash. */
  compared: number;
  /** Appends that had no answer when the server was killed: how many of them were there afterwards. */
  inDoubt: { stored: number; lost: number };
}

export function noFindings(): Findings {
  return {
    acknowledgedAndLost: 0,
    partialBatches: 0,
    duplicates: 0,
    acknowledged: 0,
    compared: 0,
    inDoubt: { stored: 0, lost: 0 },
  };
}

/** The server has been killed. The client says it in several ways. */
export function isGone(error: unknown): boolean {
  const { type, code } = error as { type?: string; code?: number };
  return type === 'unavailable' || type === 'cancelled' || code === 14;
}

/** Writes batches to a stream of its own, one after the other, and knows which of them must be there. */
export class CrashWriter {
  readonly stream: string;
  readonly #random: () => number;
  readonly #findings: Findings;
  /** Acknowledged, in order. */
  #ids: string[] = [];
  #doubtful: Batch | undefined;

  constructor(stream: string, random: () => number, findings: Findings) {
    this.stream = stream;
    this.#random = random;
    this.#findings = findings;
  }

  /** Until an append fails, for the server has been killed. What was in doubt is appended again, with its ids. */
  async writeUntilKilled(client: EventStoreDBClient, onAcknowledged: () => void): Promise<void> {
    for (;;) {
      const batch = this.#doubtful ?? this.#newBatch();
      this.#doubtful = batch;
      const events = batch.ids.map((id) =>
        jsonEvent({ id, type: 'Written', data: { padding: 'x'.repeat(batch.padding) } }),
      );
      const expectedRevision = batch.first === 0 ? 'no_stream' : BigInt(batch.first - 1);
      try {
        await client.appendToStream(this.stream, events, { expectedRevision });
      } catch (error) {
        if (isGone(error)) return;
        throw error;
      }
      this.#ids.push(...batch.ids);
      this.#findings.acknowledged += 1;
      this.#doubtful = undefined;
      onAcknowledged();
    }
  }

  /** Compares what the stream has from revision `from` on with what was acknowledged. */
  verify(stored: readonly string[], from: number): void {
    const known = this.#ids.slice(from);
    this.#findings.acknowledgedAndLost += known.filter((id, i) => stored[i] !== id).length;
    this.#findings.compared += known.length;
    this.#findings.duplicates += stored.length - new Set(stored).size;
    const rest = stored.slice(known.length);
    const inDoubt = this.#doubtful?.ids ?? [];
    if (rest.length === 0) this.#findings.inDoubt.lost += inDoubt.length === 0 ? 0 : 1;
    else if (rest.join() === inDoubt.join()) this.#findings.inDoubt.stored += 1;
    else this.#findings.partialBatches += 1;
  }

  #newBatch(): Batch {
    const ids = Array.from({ length: 1 + Math.floor(this.#random() * 5) }, () => randomUUID());
    const padding = Math.floor(this.#random() < 0.1 ? this.#random() * 60_000 : this.#random() * 300);
    return { first: this.#ids.length, ids, padding };
  }
}
