import { EVERYONE } from '#answerdesk/knowledge.ts';
import { type CreateGuardrails, type GuardrailEvent, LOOK_ALIKES, UNTRUSTED } from '#answerdesk/seams/guardrails.ts';

/**
 * Another style: two parallel arrays, text and places. Stricter, too: a passage with a secret doesn't come back at all,
 * and if one passage couldn't be scanned none does. Forged marks are escaped.
 */
type Read = [text: string, starts: number[], ends: number[]];

const TABLE = Object.fromEntries([...LOOK_ALIKES.these].map((a, n) => [a, [...LOOK_ALIKES.those][n]]));
const range = (n: number) => Array.from({ length: n }, (_, i) => i);

function replaceIn(read: Read, find: RegExp, by: (match: string) => string): Read {
  const [text, starts, ends] = read;
  if (text.search(find) < 0) return read;
  const chars: string[] = [];
  const s: number[] = [];
  const e: number[] = [];
  let at = 0;
  const copy = (to: number) => {
    for (; at < to; at++) {
      chars.push(text.charAt(at));
      s.push(starts[at] as number);
      e.push(ends[at] as number);
    }
  };
  for (const m of text.matchAll(find)) {
    copy(m.index);
    at = m.index + m[0].length;
    for (const unit of by(m[0]).split('')) {
      chars.push(unit);
      s.push(starts[m.index] as number);
      e.push(ends[at - 1] as number);
    }
  }
  copy(text.length);
  return [chars.join(''), s, e];
}

const MARK = /<\s*\/?\s*untrusted\s*>/gi;
const STEPS: ((read: Read) => Read)[] = [
  (read) => read,
  (read) =>
    replaceIn(read, /\p{Default_Ignorable_Code_Point}/gu, (c) => {
      const code = (c.codePointAt(0) ?? 0) - 0xe0000;
      return code >= 32 && code < 127 ? String.fromCharCode(code) : '';
    }),
  (read) => replaceIn(read, /\P{ASCII}\p{M}*|\p{ASCII}\p{M}+/gu, (c) => c.normalize('NFKC')),
  (read) => replaceIn(read, /\P{ASCII}/gu, (c) => TABLE[c] ?? c),
];

function* texts(start: Read, depth: number): Generator<Read> {
  let read = start;
  const had = new Set<string>();
  for (const step of STEPS) {
    read = step(read);
    const unmarked = replaceIn(read, MARK, () => '');
    for (const one of [read, unmarked, replaceIn(unmarked, /<!--[\s\S]*?-->/g, () => '')]) {
      if (had.has(one[0])) continue;
      had.add(one[0]);
      yield one;
      if (depth === 0) continue;
      const [text, starts, ends] = one;
      const alone = text.matchAll(/[\w+/-]{24,}=*/g);
      const lines = text.matchAll(/[\w+/-]{60,}\n(?:[\w+/-]+=*(?:\n|$))+/g);
      for (const { 0: token, index } of [...alone, ...lines]) {
        const plain = Buffer.from(token.replaceAll('\n', ''), 'base64url').toString();
        const last = index + token.trimEnd().length - 1;
        const of = (n: number) => range(plain.length).map(() => n);
        if (!plain.includes('\ufffd\ufffd'))
          yield* texts([plain, of(starts[index] ?? 0), of(ends[last] ?? 0)], depth - 1);
      }
    }
  }
}

export const createGuardrails: CreateGuardrails = ({ inScope, scan, findSecrets, emit }, settings) => {
  const inspect = async (text: string) => {
    const orders: [number, number][] = [];
    let secret = false;
    const seen = new Set<string>();
    for (const [read, starts, ends] of texts([text, range(text.length), range(text.length).map((n) => n + 1)], 2)) {
      const key = `${starts[0]} ${read}`;
      if (seen.has(key)) continue;
      seen.add(key);
      secret ||= findSecrets(read).length > 0;
      for (const { start, end } of await scan(read)) orders.push([starts[start] ?? 0, ends[end - 1] ?? 0]);
    }
    orders.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
    const apart: [number, number][] = [];
    for (const [start, end] of orders) {
      const before = apart.at(-1);
      if (before && start <= before[1]) before[1] = Math.max(before[1], end);
      else apart.push([start, end]);
    }
    return { orders: apart, secret };
  };

  const escapeMarks = (text: string) => {
    const folded = STEPS.reduce((read, step) => step(read), [
      text,
      range(text.length),
      range(text.length).map((n) => n + 1),
    ] as Read);
    let out = text;
    for (const m of [...folded[0].matchAll(MARK)].reverse()) {
      const from = folded[1][m.index] as number;
      const to = folded[2][m.index + m[0].length - 1] as number;
      out = `${out.slice(0, from)}&lt;${m[0].includes('/') ? '/' : ''}untrusted&gt;${out.slice(to)}`;
    }
    return out;
  };

  return {
    question: (text) =>
      Promise.resolve()
        .then(() => inScope(text))
        .then(
          (sure) => (sure >= settings.minInScope ? undefined : ('out of scope' as const)),
          () => 'scope unknown' as const,
        )
        .then((reason) => {
          if (!reason) return { allowed: true } as const;
          emit({ type: 'QuestionRefused', data: { reason } });
          return { allowed: false, reason } as const;
        }),

    async passages(list, { tenant }) {
      const block = (passage: string, reason: 'source' | 'tenant' | 'secret' | 'scan failed') =>
        emit({ type: 'PassageBlocked', data: { passage, reason } });
      const allowed = list.filter(({ passage: { id, page, metadata } }) => {
        const reason = !settings.sources.some((source) => page.indexOf(source) === 0)
          ? 'source'
          : new Set<unknown>([tenant, EVERYONE]).has(metadata.tenant)
            ? undefined
            : 'tenant';
        if (reason) block(id, reason);
        return !reason;
      });
      const seen = await Promise.allSettled(allowed.map(async ({ passage }) => inspect(passage.text)));
      if (seen.some(({ status }) => status === 'rejected')) {
        for (const { passage } of allowed) block(passage.id, 'scan failed');
        return { abstain: true, reason: 'scan failed' };
      }
      const left = allowed.flatMap(({ passage, score }, n) => {
        const { orders, secret } = (seen[n] as PromiseFulfilledResult<Awaited<ReturnType<typeof inspect>>>).value;
        if (secret) {
          block(passage.id, 'secret');
          return [];
        }
        let text = '';
        let at = 0;
        for (const [start, end] of orders) {
          const event: GuardrailEvent = { type: 'InstructionNeutralised', data: { passage: passage.id, start, end } };
          emit(event);
          text += escapeMarks(passage.text.slice(at, start));
          text += UNTRUSTED.open + escapeMarks(passage.text.slice(start, end)) + UNTRUSTED.close;
          at = end;
        }
        text += escapeMarks(passage.text.slice(at));
        return [{ passage: { ...passage, text }, score }];
      });
      if (left.length === 0) return { abstain: true, reason: 'nothing left' };
      const good = left.some(({ score }) => score >= settings.minScore);
      return good ? { abstain: false, passages: left } : { abstain: true, reason: 'low score' };
    },
  };
};
