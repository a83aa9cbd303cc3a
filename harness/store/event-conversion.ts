import type { AllStreamResolvedEvent, ResolvedEvent } from '@eventstore/db-client';
import type { Filter, Json, Position, StoredEvent } from './store-port.ts';

interface ClientPosition {
  commit: bigint;
  prepare: bigint;
}

/** `7`, or `9/7` where the two differ. */
export function toPosition({ commit, prepare }: ClientPosition): Position {
  return commit === prepare ? String(commit) : `${commit}/${prepare}`;
}

/** Throws a RangeError for what no store has made. */
export function fromPosition(position: Position): ClientPosition {
  if (!/^\d+(\/\d+)?$/.test(position)) throw new RangeError(`"${position}" is no position in an event store.`);
  const [commit = '', prepare = commit] = position.split('/');
  return { commit: BigInt(commit), prepare: BigInt(prepare) };
}

/** Undefined for a link whose event has gone. Data that aren't JSON come as base64 text. */
export function toStoredEvent({ event }: ResolvedEvent | AllStreamResolvedEvent): StoredEvent | undefined {
  if (event === undefined) return undefined;
  return {
    stream: event.streamId,
    revision: Number(event.revision),
    position: event.position && toPosition(event.position),
    id: event.id,
    type: event.type,
    data: event.isJson ? (event.data as Json) : Buffer.from(event.data as Uint8Array).toString('base64'),
    metadata: isObject(event.metadata) ? event.metadata : {},
    created: event.created,
  };
}

function isObject(value: unknown): value is { [name: string]: Json } {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !Array.isArray(value);
}

/** A filter as the client has it. */
export function clientFilter({ by, prefixes, onCheckpoint }: Filter) {
  return {
    filterOn: by === 'stream' ? ('streamName' as const) : ('eventType' as const),
    prefixes: [...prefixes],
    checkpointInterval: 1,
    checkpointReached: async (_: unknown, position: { commit: bigint; prepare: bigint }) => {
      await onCheckpoint?.(toPosition(position));
    },
  };
}
