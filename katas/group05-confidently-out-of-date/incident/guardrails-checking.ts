import type { RankedPassage } from '#answerdesk/seams/context-budget.ts';
import type {
  CreateGuardrails,
  Guarded,
  GuardrailEvent,
  GuardrailPorts,
  GuardrailSettings,
  Part,
} from '#answerdesk/seams/guardrails.ts';
import { pick, shuffled } from '#kit/seeded.ts';
import { must } from '#kit/suite.ts';
import { folded, split, stands, trusted } from './guardrails-eye.ts';
import type { Hiding } from './guardrails-hiding.ts';
import {
  findSecrets,
  type Language,
  newOrder,
  ownPassages,
  PLACES,
  plant,
  type Suspect,
  scanner,
} from './guardrails-pages.ts';
import { tenants } from './library.ts';
import { inProduction, scopeOf } from './retrieval-guardrails.ts';

export const NAMES = tenants.map(({ tenant }) => tenant) as [string, ...string[]];
const scopeFor = (tenant: string) => scopeOf({ tenant, roles: ['support', 'admin'] });

/** An answer with ports of its own; what goes in and what comes out are copies. */
export type GateSettings = Partial<GuardrailPorts> &
  Partial<GuardrailSettings> & { orders?: readonly string[]; seed?: number };
export function gateOf(create: CreateGuardrails, over: GateSettings = {}) {
  const events: GuardrailEvent[] = [];
  const {
    orders = [],
    seed = 0,
    inScope = async () => 1,
    scan = scanner(orders, seed),
    findSecrets: find = findSecrets,
  } = over;
  const { sources, minScore, minInScope } = { ...inProduction, ...over };
  const emit = (event: GuardrailEvent) => void events.push(structuredClone(event));
  const made = create({ inScope, scan, findSecrets: find, emit }, { sources: [...sources], minScore, minInScope });
  return {
    events,
    question: async (text: string) => structuredClone(await made.question(text)),
    passages: async (ranked: readonly RankedPassage[], tenant: string): Promise<Guarded> => {
      try {
        return structuredClone(await made.passages(structuredClone(ranked) as RankedPassage[], scopeFor(tenant)));
      } catch (error) {
        must(false, `passages() was left with an error: ${(error as Error)?.message}`);
      }
    },
    of: (type: GuardrailEvent['type'], passage: string) =>
      events.filter((event) => event.type === type && (event.data as { passage?: string }).passage === passage),
  };
}
export type Gate = ReturnType<typeof gateOf>;

export const ranked = (suspects: readonly Suspect[]): RankedPassage[] =>
  suspects.map(({ passage }, n) => ({ passage, score: Math.max(0.5, 0.99 - n / 100) }));
export const idsOf = (guarded: Guarded): string[] =>
  guarded.abstain ? [] : guarded.passages.map(({ passage }) => passage.id);
export const some = (ids: readonly string[]) =>
  `${ids.slice(0, 2).join(', ')}${ids.length > 2 ? ` and ${ids.length - 2} more` : ''}`;

/** Passages of one tenant in which nothing is wrong. */
export const clean = (seed: number, name: string, tenant: string, count: number): Suspect[] =>
  shuffled(
    seed,
    name,
    ownPassages().filter(
      ({ passage: { text, metadata }, orders, secrets }) =>
        metadata.tenant === tenant && !metadata.validUntil && text.length > 180 && orders.length + secrets.length === 0,
    ),
  ).slice(0, count);

const LETTER = /[\p{L}\p{N}]/u;
/** Which characters may be touched: the holes, and what is neither a letter nor a digit beside them. */
function touchable(text: string, holes: readonly Part[]): boolean[] {
  const may = Array.from({ length: text.length }, () => false);
  for (const { start, end } of holes) {
    let [from, to] = [start, end];
    while (from > 0 && !LETTER.test(text.charAt(from - 1))) from--;
    while (to < text.length && !LETTER.test(text.charAt(to))) to++;
    may.fill(true, from, to);
  }
  return may;
}
/** The first piece of what must stay that doesn't stand outside the marks any more, in its order. */
export function lost(text: string, holes: readonly Part[], returned: string): string | undefined {
  const may = touchable(text, holes);
  const pieces = piecesOf(text, may);
  for (const read of [(one: string) => one, folded]) {
    const outside = split(read(returned)).outside;
    let from = 0;
    for (const piece of pieces) {
      const found = outside.indexOf(read(piece), from);
      if (found < 0) return piece.trim();
      from = found + read(piece).length;
    }
  }
  return undefined;
}
function piecesOf(text: string, may: readonly boolean[]): string[] {
  const pieces: string[] = [];
  let piece = '';
  for (let n = 0; n <= text.length; n++) {
    if (n < text.length && !may[n]) piece += text.charAt(n);
    else if (piece) {
      pieces.push(piece);
      piece = '';
    }
  }
  return pieces.filter((one) => LETTER.test(one));
}
const secretsIn = ({ passage: { text }, secrets }: Suspect): Part[] =>
  secrets.flatMap((secret) => {
    const start = text.indexOf(secret);
    return start < 0 ? [] : [{ start, end: start + secret.length }];
  });
export const shown = (text: string) => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);

/** The passage came back, nothing in it is an order any more, all else stands, and what was done was said. */
export function mustBeSafe(
  suspect: Suspect,
  guarded: Guarded,
  { of, events }: Gate,
  alsoHoles: readonly Part[] = [],
): string {
  const { passage, orders } = suspect;
  const back = guarded.abstain ? undefined : guarded.passages.find((one) => one.passage.id === passage.id);
  const what = orders.map(({ kind }) => kind).join('; ') || 'nothing';
  must(back !== undefined, `${passage.id} did not come back, and with it what it says beside an order (${what})`);
  const { text } = back.passage;
  const read = trusted(text);
  for (const { order, kind } of orders)
    must(!stands(order, read), `${passage.id}: the model would still obey an order (${kind}): ${shown(order)}`);
  const holes = [...orders, ...secretsIn(suspect), ...alsoHoles];
  const gone = lost(passage.text, holes, text);
  must(
    gone === undefined,
    () => `${passage.id}: beside the order (${what}) this went as well, or came into marks: ${shown(gone ?? '')}`,
  );

  const parts = of('InstructionNeutralised', passage.id).map(({ data }) => data as { passage: string } & Part);
  const may = touchable(passage.text, holes);
  for (const { start, end } of parts)
    must(
      0 <= start && start < end && end <= passage.text.length && may.slice(start, end).every(Boolean),
      () =>
        `${passage.id} (${what}): an order was announced at ${start}–${end}, where the page says ${shown(passage.text.slice(start, end))}`,
    );
  for (const { itself, kind, exact } of orders) {
    const inside = Array.from({ length: itself.end - itself.start }, (_, n) => itself.start + n);
    const said = inside.filter((n) => parts.some(({ start, end }) => start <= n && n < end)).length;
    must(
      said >= inside.length * (exact ? 1 : 0.9),
      `${passage.id}: of an order (${kind}) at ${itself.start}–${itself.end} ${said} of ${inside.length} characters were announced`,
    );
  }
  const log = JSON.stringify(events).toLowerCase();
  const logged = orders.some(({ order }) => stands(order, [log]));
  must(!logged, `${passage.id}: the order's text (${what}) went into an event, and so into the log`);
  return text;
}

/** Gives each tenant's passages to a gate of its own, together with one that is in order, and holds it to the above. */
export async function inspectAll(
  create: CreateGuardrails,
  seed: number,
  suspects: readonly Suspect[],
  alsoHoles?: (one: Suspect) => Part[],
): Promise<void> {
  const orders = suspects.flatMap((one) => one.orders.map(({ order }) => order));
  for (const tenant of new Set(suspects.map(({ passage }) => passage.metadata.tenant as string))) {
    const mine = suspects.filter(({ passage }) => passage.metadata.tenant === tenant);
    const door = gateOf(create, { orders: shuffled(seed, 'known', orders), seed });
    const guarded = await door.passages(ranked(mine), tenant);
    for (const suspect of mine) mustBeSafe(suspect, guarded, door, alsoHoles?.(suspect));
  }
}

/** A passage each with an order hidden in that way. */
export function hiddenBy(
  seed: number,
  ways: readonly (readonly Hiding[])[],
  languages: readonly Language[] = ['en'],
): Suspect[] {
  const tenant = pick(seed, 'tenant', NAMES);
  const where = clean(seed, 'where', tenant, 40);
  return ways.flatMap((way, n) =>
    languages.map((language, l) => {
      const name = `${way.join()} ${language}`;
      const unfit = way.includes('comments') ? ['comment'] : way.includes('base64 in lines') ? PLACES.slice(1) : [];
      const place = pick(
        seed,
        `${name} place`,
        PLACES.filter((one) => !unfit.includes(one)) as unknown as ['paragraph'],
      );
      const suspect = where[(n * languages.length + l) % where.length] as Suspect;
      const id = `${suspect.passage.id}~${way.join('+').replaceAll(' ', '-')}.${language}`;
      return plant(
        seed,
        name,
        { ...suspect, passage: { ...suspect.passage, id } },
        { order: newOrder(seed, name, language), ways: way, place },
      );
    }),
  );
}
