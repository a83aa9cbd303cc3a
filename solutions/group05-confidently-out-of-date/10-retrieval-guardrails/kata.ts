import { EVERYONE, type Passage } from '#answerdesk/knowledge.ts';
import {
  type CreateGuardrails,
  type Guarded,
  type GuardrailEvent,
  LOOK_ALIKES,
  type Part,
  UNTRUSTED,
} from '#answerdesk/seams/guardrails.ts';

/** A text as the model may read it; each of its units with the part of the passage that it was made of. */
interface Reading {
  text: string;
  from: readonly Part[];
}

const ASCII = /^\p{ASCII}*$/u;
const TAG = /[\u{e0020}-\u{e007e}]/gu;
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;
/** A letter with its accents: what NFKC may change as a whole. */
const CLUSTER = /\P{ASCII}\p{M}*|\p{ASCII}\p{M}+/gu;
const LOOKS_LATIN = new RegExp(`[${LOOK_ALIKES.these}]`, 'gu');
const LATIN = new Map([...LOOK_ALIKES.these].map((letter, n) => [letter, [...LOOK_ALIKES.those][n] ?? letter]));
const MARK = /<\s*\/?\s*untrusted\s*>/gi;
const COMMENT = /<!--[\s\S]*?-->/g;
const BASE64 = /[\w+/-]{24,}={0,2}/g;
const BASE64_IN_LINES = /[\w+/-]{24,}={0,2}(?:[ \t]*\r?\n[ \t]*[\w+/-]+={0,2}(?=[ \t]*\r?(?:\n|$)))+/g;
/** Long words and checksums are base64 too, of nothing that anybody could read. */
const NO_TEXT = /(?:\ufffd[^\ufffd]{0,3}){3}/;
/** Base64 in base64. */
const DEEP = 2;

function rewritten(reading: Reading, pattern: RegExp, by: (match: string) => string): Reading {
  const { text, from } = reading;
  if (text.search(pattern) < 0) return reading;
  const parts: Part[] = [];
  let to = '';
  let done = 0;
  const keep = (end: number) => {
    to += text.slice(done, end);
    for (; done < end; done++) parts.push(from[done] as Part);
  };
  for (const { 0: match, index } of text.matchAll(pattern)) {
    keep(index);
    done = index + match.length;
    const replacement = by(match);
    const whole = { start: (from[index] as Part).start, end: (from[done - 1] as Part).end };
    for (let n = 0; n < replacement.length; n++) parts.push(whole);
    to += replacement;
  }
  keep(text.length);
  return { text: to, from: parts };
}
const without = (reading: Reading, pattern: RegExp) => rewritten(reading, pattern, () => '');
const asWritten = (text: string): Reading => ({
  text,
  from: Array.from({ length: text.length }, (_, n) => ({ start: n, end: n + 1 })),
});

/** As it is, without what is invisible, in its compatible form, in Latin letters: an order may need any of them. */
function disclosed(written: Reading): Reading[] {
  if (ASCII.test(written.text)) return [written];
  const spelled = rewritten(written, TAG, (tag) => String.fromCodePoint((tag.codePointAt(0) ?? 0) - 0xe0000));
  const visible = without(spelled, INVISIBLE);
  const compatible = rewritten(visible, CLUSTER, (cluster) => cluster.normalize('NFKC'));
  return [written, visible, compatible, rewritten(compatible, LOOKS_LATIN, (letter) => LATIN.get(letter) ?? letter)];
}

function decoded({ text, from }: Reading): Reading[] {
  return [...text.matchAll(BASE64), ...text.matchAll(BASE64_IN_LINES)].flatMap(({ 0: token, index }) => {
    const plain = Buffer.from(token.replace(/\s/g, ''), 'base64').toString('utf8');
    if (NO_TEXT.test(plain)) return [];
    const whole = { start: (from[index] as Part).start, end: (from[index + token.length - 1] as Part).end };
    return [{ text: plain, from: Array.from({ length: plain.length }, () => whole) }];
  });
}

/** Every text that the model may read in this one. */
function readings(written: Reading, deep = DEEP): Reading[] {
  const stages = disclosed(written).flatMap((stage) => {
    const bare = without(stage, MARK);
    return [stage, bare, without(bare, COMMENT)];
  });
  const hidden = deep > 0 ? stages.slice(-2).flatMap(decoded) : [];
  const all = [...stages, ...hidden.flatMap((one) => readings(one, deep - 1))];
  // The same text from another place is another one.
  return [...new Map(all.map((reading) => [`${reading.from[0]?.start} ${reading.text}`, reading])).values()];
}

/** Parts of a reading as parts of the passage, in order, those that touch as one. */
function merged(parts: readonly Part[]): Part[] {
  const whole: Part[] = [];
  for (const { start, end } of [...parts].sort((a, b) => a.start - b.start)) {
    const last = whole.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else whole.push({ start, end });
  }
  return whole;
}
const inPassage = ({ from }: Reading, parts: readonly Part[]): Part[] =>
  parts.flatMap(({ start, end }) => {
    const [first, last] = [from[start], from[end - 1]];
    return first && last && start < end ? [{ start: first.start, end: last.end }] : [];
  });

/** The text as it may stand in a prompt: orders in marks, secrets gone, and no marks but ours. */
function presentable(text: string, orders: readonly Part[], secrets: readonly Part[]): string {
  const ownMarks = disclosed(asWritten(text)).flatMap((stage) =>
    inPassage(
      stage,
      [...stage.text.matchAll(MARK)].map(({ 0: mark, index }) => ({ start: index, end: index + mark.length })),
    ),
  );
  const replaced = new Map<number, string>();
  for (const [parts, by] of [
    [ownMarks, '[mark]'],
    [secrets, '[secret]'],
  ] as const)
    for (const { start, end } of parts) for (let n = start; n < end; n++) replaced.set(n, by);
  const opens = new Set(orders.map(({ start }) => start));
  const closes = new Set(orders.map(({ end }) => end));
  if (orders.length + replaced.size === 0) return text;
  let safe = '';
  for (let n = 0; n <= text.length; n++) {
    if (closes.has(n)) safe += UNTRUSTED.close;
    if (opens.has(n)) safe += UNTRUSTED.open;
    const by = replaced.get(n);
    if (by === undefined) safe += text.charAt(n);
    else if (by !== replaced.get(n - 1)) safe += by;
  }
  return safe;
}

export const createGuardrails: CreateGuardrails = ({ inScope, scan, findSecrets, emit }, settings) => {
  const { sources, minScore, minInScope } = settings;

  function stranger({ page, metadata }: Passage, tenant: string): 'source' | 'tenant' | undefined {
    if (!sources.some((source) => page.startsWith(source))) return 'source';
    return metadata.tenant === tenant || metadata.tenant === EVERYONE ? undefined : 'tenant';
  }

  async function inspect(text: string): Promise<{ orders: Part[]; secrets: Part[] }> {
    const orders: Part[] = [];
    const secrets: Part[] = [];
    for (const reading of readings(asWritten(text))) {
      orders.push(...inPassage(reading, await scan(reading.text)));
      secrets.push(...inPassage(reading, findSecrets(reading.text)));
    }
    return { orders: merged(orders), secrets: merged(secrets) };
  }

  /** The passage as it may stand in a prompt, or undefined; and what there is to say of it. */
  async function guarded(passage: Passage, tenant: string) {
    const { id, text } = passage;
    const blocked = (reason: 'source' | 'tenant' | 'scan failed') => ({
      events: [{ type: 'PassageBlocked', data: { passage: id, reason } }] satisfies GuardrailEvent[],
      reason,
    });
    const strange = stranger(passage, tenant);
    if (strange) return blocked(strange);
    try {
      const { orders, secrets } = await inspect(text);
      const events: GuardrailEvent[] = [
        ...orders.map((part) => ({ type: 'InstructionNeutralised' as const, data: { passage: id, ...part } })),
        ...secrets.map((part) => ({ type: 'SecretRedacted' as const, data: { passage: id, ...part } })),
      ];
      return { passage: { ...passage, text: presentable(text, orders, secrets) }, events };
    } catch {
      return blocked('scan failed');
    }
  }

  return {
    async question(text) {
      let reason: 'out of scope' | 'scope unknown' = 'scope unknown';
      try {
        if ((await inScope(text)) >= minInScope) return { allowed: true };
        reason = 'out of scope';
      } catch {}
      emit({ type: 'QuestionRefused', data: { reason } });
      return { allowed: false, reason };
    },

    async passages(ranked, { tenant }): Promise<Guarded> {
      const all = await Promise.all(ranked.map(async (one) => ({ ...one, ...(await guarded(one.passage, tenant)) })));
      for (const event of all.flatMap(({ events }) => events)) emit(event);
      const left = all.flatMap(({ passage, score, ...rest }) => ('reason' in rest ? [] : [{ passage, score }]));
      if (left.length === 0) {
        const unseen = all.some((one) => 'reason' in one && one.reason === 'scan failed');
        return { abstain: true, reason: unseen ? 'scan failed' : 'nothing left' };
      }
      if (!(Math.max(...left.map(({ score }) => score)) >= minScore)) return { abstain: true, reason: 'low score' };
      return { abstain: false, passages: left };
    },
  };
};
