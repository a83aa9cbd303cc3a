// Sorts by copying the fields into a new object: "10" still comes behind "9", and "__proto__" is gone.
import { createHash } from 'node:crypto';
import type { CreateHashing } from '#answerdesk/seams/hashing.ts';

const refuse = (what: string) => Object.assign(new Error(what), { code: 'NOT_CANONICAL' });

function sorted(value: unknown): unknown {
  if (typeof value === 'string' && /\p{Surrogate}/u.test(value)) throw refuse('half a surrogate pair');
  if (typeof value === 'number' && !Number.isFinite(value)) throw refuse(`${value}`);
  if (typeof value === 'bigint' || value === undefined) throw refuse(typeof value);
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(value).sort()) {
    sorted(name);
    copy[name] = sorted((value as Record<string, unknown>)[name]);
  }
  return copy;
}
const canonicalize = (value: unknown): string => JSON.stringify(sorted(value));

const CODE = /(```[\s\S]*?(?:```|$)|`[^`\n]*`)/;
const meaningOf = (text: string) =>
  text
    .normalize('NFC')
    .split(CODE)
    .map((part, n) => (n % 2 ? part : part.replace(/\s+/g, ' ')))
    .join('')
    .trim();

export const createHashing: CreateHashing = ({ excluded }) => ({
  canonicalize,
  identityOf(request) {
    const fields = Object.entries({ ...request, text: meaningOf(request.text) });
    const meaning = Object.fromEntries(fields.filter(([name]) => !excluded.includes(name)));
    return createHash('sha256').update(canonicalize(meaning)).digest('hex');
  },
});
