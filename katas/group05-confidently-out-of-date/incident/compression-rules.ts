import type { CompressedPart, CompressionEvent, Turn } from '#answerdesk/seams/compression.ts';
import { ADDED, countTokens, type Said, type Saying, tokensOf } from './compression-talk.ts';

const DENIAL = /\b(?:not|no|never|without|cannot|nothing)\b|n['’]t\b/i;
const sentencesOf = (text: string) => text.split(/(?<=[.?!])\s+/).filter(Boolean);
const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const patterns = new Map<string, RegExp>();
/** As a whole: 10,4 is not in 10,400, and INV-1 not in INV-12. */
function holds(text: string, fact: string): boolean {
  if (!text.includes(fact)) return false;
  const pattern = patterns.get(fact) ?? new RegExp(`(?<![\\w-])${escaped(fact)}(?![\\w-]|\\.\\d)`);
  patterns.set(fact, pattern);
  return pattern.test(text);
}

/** What a saying has lost in the part that stands for it; undefined where it is whole. */
function lost({ facts, denies }: Saying, { text }: CompressedPart): string | undefined {
  const missing = facts.find((fact) => !holds(text, fact));
  if (missing) return missing;
  const about = sentencesOf(text).filter((sentence) => holds(sentence, facts[0] as string));
  const isDenied = about.some((sentence) => DENIAL.test(sentence) && (!denies || sentence.includes(denies)));
  if (denies) return isDenied ? undefined : `that ${facts[0]} was not ${denies}`;
  return isDenied ? `that it is so, about ${facts[0]}` : undefined;
}

export interface Losses {
  /** Of turns that a part stands for. */
  facts: string[];
  /** Facts in a part that none of its turns has. */
  foreign: string[];
  /** Constraints that aren't there letter by letter. */
  constraints: string[];
  /** Turns with facts for which nothing stands, and which nobody was told of. */
  silent: string[];
  told: string[];
}

/** What became of a conversation. */
export function losses(
  said: readonly Said[],
  parts: readonly CompressedPart[],
  events: readonly CompressionEvent[],
): Losses {
  const told = events.flatMap((event) => (event.type === 'TurnsLeftOut' ? [...event.data.turns] : []));
  const partOf = new Map(parts.flatMap((part) => part.turns.map((id) => [id, part] as const)));
  const universe = [...said.flatMap(({ sayings }) => sayings.flatMap(({ facts }) => facts)), ADDED.figure, ADDED.name];
  const bearing = said.filter(({ sayings }) => sayings.length > 0);
  return {
    told,
    facts: bearing.flatMap(({ turn, sayings }) => {
      const part = partOf.get(turn.id);
      return part ? sayings.flatMap((one) => lost(one, part) ?? []) : [];
    }),
    foreign: parts.flatMap((part) => {
      const own = new Set(
        said
          .filter(({ turn }) => part.turns.includes(turn.id))
          .flatMap(({ sayings }) => sayings.flatMap(({ facts }) => facts)),
      );
      return universe.filter((fact) => !own.has(fact) && holds(part.text, fact));
    }),
    constraints: said.flatMap(({ turn }) =>
      turn.isConstraint && !parts.some(({ text, how }) => how === 'kept' && text === turn.text) ? [turn.id] : [],
    ),
    silent: bearing.flatMap(({ turn }) => (partOf.has(turn.id) || told.includes(turn.id) ? [] : [turn.id])),
  };
}

/** What is wrong with the parts as such, whatever they say; undefined where nothing is. */
export function malformed(said: readonly Said[], parts: readonly CompressedPart[]): string | undefined {
  const turns = new Map(said.map(({ turn }, n) => [turn.id, { turn, n }]));
  const seen = new Set<string>();
  let last = -1;
  for (const { tenant, turns: ids, text, how } of parts) {
    const places = ids.map((id) => turns.get(id));
    const unknown = ids.find((_, n) => !places[n]);
    if (unknown !== undefined) return `a part stands for ${unknown}, which nobody said`;
    const of = places.map((place) => (place as { turn: Turn }).turn);
    const order = places.map((place) => (place as { n: number }).n);
    if (order.length === 0) return 'a part stands for no turn';
    if (of.some((turn) => turn.tenant !== tenant))
      return `a part of ${tenant} stands for a turn of ${of.find((turn) => turn.tenant !== tenant)?.tenant}`;
    const twice = ids.find((id) => seen.has(id));
    if (twice) return `two parts stand for ${twice}`;
    for (const id of ids) seen.add(id);
    if (order.some((n, at) => at > 0 && n <= (order[at - 1] as number)))
      return `a part has its turns in another order: ${ids.join(', ')}`;
    if ((order[0] as number) < last) return `parts stand in another order: ${ids[0]} comes late`;
    last = order[0] as number;
    if (how === 'kept' && (of.length > 1 || of[0]?.text !== text))
      return `${ids[0]} is said to be kept, and isn't letter by letter`;
    const own = of.flatMap((turn) => sentencesOf(turn.text));
    const strange = sentencesOf(text).find((sentence) => !own.includes(sentence));
    if (how === 'extracted' && strange)
      return `${ids[0]} is said to be extracted, and nobody said "${strange.slice(0, 40)}"`;
    if (countTokens(text) > tokensOf(of))
      return `${ids.join(', ')} came out at ${countTokens(text)} tokens and went in at ${tokensOf(of)}`;
  }
  return undefined;
}
