import { between, pick, roll } from '#kit/seeded.ts';
import type { EventToAppend } from '../event-log.ts';
import type { TenantTotal, Totals } from '../seams/projection.ts';

export interface Bill extends EventToAppend {
  data: { tenant: string; tokens: number; micros: number };
}

/** A bill for one answer, or the refund of one; `at` by the clock of the worker that wrote it, which may be wrong. */
export function bill(seed: number, name: string, tenant: string, over: Partial<Bill['data']> = {}): Bill {
  const tokens = between(seed, `tokens ${name}`, 200, 2_000);
  const at = new Date(
    Date.UTC(2026, 4, 19, 2, 14) + between(seed, `skew ${name}`, -3_600_000, 3_600_000),
  ).toISOString();
  const data = { tenant, tokens, micros: tokens * between(seed, `price ${name}`, 3, 9), ...over };
  return { type: 'AnswerBilled', data, metadata: { at } };
}
export const refundOf = ({ data, metadata = {} }: Bill): Bill => ({ type: 'AnswerRefunded', data, metadata });

/** Bills of several tenants, some of them refunded later, and what others write into the same log. */
export function billsOf(
  seed: number,
  name: string,
  count: number,
  tenants: readonly [string, ...string[]],
): EventToAppend[] {
  const open: Bill[] = [];
  return Array.from({ length: count }, (_, n) => {
    const key = `${name} ${n}`;
    const chance = roll(seed, `kind ${key}`);
    const tenant = pick(seed, `tenant ${key}`, tenants);
    if (chance < 0.15)
      return { type: pick(seed, key, ['QuestionAsked', 'AnswerRated', 'TenantRenamed']), data: { tenant } };
    const refunded = chance < 0.3 ? open.splice(between(seed, `which ${key}`, 0, open.length - 1), 1)[0] : undefined;
    if (refunded) return refundOf(refunded);
    const billed = bill(seed, key, tenant);
    open.push(billed);
    return billed;
  });
}

/** The totals that events come to, and who passed the limit, in order. What is zero is left out. */
export function totalsOf(
  events: readonly EventToAppend[],
  limitMicros = Infinity,
): { totals: Totals; passed: string[] } {
  const totals: Totals = {};
  const passed: string[] = [];
  for (const { type, data } of events) {
    const sign = type === 'AnswerBilled' ? 1 : type === 'AnswerRefunded' ? -1 : 0;
    if (sign === 0) continue;
    const { tenant, tokens, micros } = data as Bill['data'];
    const before: TenantTotal = totals[tenant] ?? { answers: 0, tokens: 0, micros: 0 };
    const after = {
      answers: before.answers + sign,
      tokens: before.tokens + sign * tokens,
      micros: before.micros + sign * micros,
    };
    totals[tenant] = after;
    if (after.micros > limitMicros && !passed.includes(tenant)) passed.push(tenant);
  }
  return { totals: withoutZeros(totals), passed };
}

export function withoutZeros(totals: Totals): Totals {
  const some = ({ answers, tokens, micros }: TenantTotal) => answers !== 0 || tokens !== 0 || micros !== 0;
  return Object.fromEntries(Object.entries(totals).filter(([, total]) => some(total)));
}
