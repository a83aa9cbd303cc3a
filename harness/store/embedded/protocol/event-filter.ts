import type streams from '@eventstore/db-client/generated/streams_pb.js';
import { InvalidRequest } from './requests.ts';

/** Chooses events by the name of their stream or by their type. */
export interface EventFilter {
  on: 'stream' | 'type';
  matches: (text: string) => boolean;
  /** A subscription is told how far it has come after so many events. */
  checkpointEvery: number;
}

const DEFAULT_WINDOW = 32;

export function readFilter(options: streams.ReadReq.Options.FilterOptions): EventFilter {
  const byStream = options.getStreamIdentifier();
  const expression = byStream ?? options.getEventType();
  if (expression === undefined) throw new InvalidRequest('The filter has neither a stream nor a type to look at.');
  const prefixes = expression.getPrefixList();
  const regex = prefixes.length === 0 ? compile(expression.getRegex()) : undefined;
  const window = options.getMax() || DEFAULT_WINDOW;
  return {
    on: byStream === undefined ? 'type' : 'stream',
    matches: (text) => regex?.test(text) ?? prefixes.some((prefix) => text.startsWith(prefix)),
    checkpointEvery: window * Math.max(1, options.getCheckpointintervalmultiplier()),
  };
}

function compile(source: string): RegExp {
  try {
    return new RegExp(source, 'u');
  } catch {
    // Outside of its Unicode mode JavaScript allows needless escapes, as other languages do.
  }
  try {
    return new RegExp(source);
  } catch {
    throw new InvalidRequest(`The filter is not a regular expression: ${source}`);
  }
}
