// Extracts what is old, and gives the room that is left back to the newest turns, which then stay as they were.
import type { CompressedPart, CreateCompression, Turn } from '#answerdesk/seams/compression.ts';

const FACTS = /\[\d+\]|[A-Za-z]*\d[\w.,:-]*|\w+_\w+|\b[a-z]+[A-Z]\w*|\w+-\d+|(?<=[a-z,;] )[A-Z]\w+/g;
const denies = (text: string) => /\b(not|no|never|without|cannot|nothing)\b|n['’]t\b/i.test(text);
const facts = (text: string) => (text.match(FACTS) ?? []).map((fact) => fact.replace(/\W+$/, '')).sort();
const sentences = (text: string) => text.match(/.+?[.?!](?=\s|$)/gs)?.map((one) => one.trim()) ?? [text];

export const createCompression: CreateCompression = ({ countTokens, summarize, emit }, { partTokens }) => {
  const size = (parts: readonly { text: string }[]) => parts.reduce((all, part) => all + countTokens(part.text), 0);
  const whole = ({ id, tenant, text }: Turn): CompressedPart => ({ tenant, turns: [id], text, how: 'kept' });
  const extract = ({ id, tenant, text }: Turn): CompressedPart => {
    const bearing = sentences(text).filter((one) => facts(one).length > 0 || denies(one));
    return { tenant, turns: [id], text: bearing.join(' '), how: 'extracted' };
  };
  const same = (source: string, summary: string) => {
    const denied = (text: string) =>
      sentences(text)
        .filter(denies)
        .map((one) => facts(one).join());
    return facts(source).join() === facts(summary).join() && denied(source).join() === denied(summary).join();
  };

  async function summaries(turns: readonly Turn[]): Promise<CompressedPart[]> {
    const runs: Turn[][] = [];
    for (const turn of turns) {
      const last = runs.at(-1);
      const fits = last && last[0]?.tenant === turn.tenant && size([...last, turn]) <= partTokens;
      if (fits) last.push(turn);
      else runs.push([turn]);
    }
    const all = await Promise.allSettled(runs.map((run) => summarize(run, Math.floor(size(run.map(extract)) / 2))));
    return all.flatMap((result, n): CompressedPart[] => {
      const run = runs[n] as [Turn, ...Turn[]];
      const extracts = run.map(extract);
      const source = extracts
        .map(({ text }) => text)
        .join(' ')
        .trim();
      if (
        result.status === 'fulfilled' &&
        same(source, result.value) &&
        countTokens(result.value) < countTokens(source)
      )
        return [{ tenant: run[0].tenant, turns: run.map(({ id }) => id), text: result.value, how: 'summarized' }];
      emit({ type: 'SummaryRefused', data: { turns: run.map(({ id }) => id), reason: result.status } });
      return extracts;
    });
  }

  return async (turns, maxTokens) => {
    const bound = turns.filter(({ isConstraint }) => isConstraint).map(whole);
    const free = turns.filter(({ isConstraint }) => !isConstraint);
    const room = maxTokens - size(bound);
    if (room < 0) throw Object.assign(new Error('no room'), { code: 'CONSTRAINTS_TOO_LONG' });
    let parts = free.map(extract);
    if (size(parts) > room) parts = await summaries(free);
    else
      for (let n = free.length - 1; n >= 0; n--) {
        const more = parts.map((part, at) => (at === n ? whole(free[n] as Turn) : part));
        if (size(more) > room) break;
        parts = more;
      }
    const left: string[] = [];
    while (size(parts) > room) left.push(...(parts.shift()?.turns ?? []));
    if (left.length > 0) emit({ type: 'TurnsLeftOut', data: { turns: left } });
    const place = new Map(turns.map(({ id }, n) => [id, n]));
    const at = ({ turns: [first] }: CompressedPart) => place.get(first ?? '') ?? 0;
    return [...bound, ...parts.filter(({ text }) => text)].sort((a, b) => at(a) - at(b));
  };
};
