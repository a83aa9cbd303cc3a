// Trusts json-canonicalize with half a surrogate pair: it passes as an escape, and two broken texts may become one.
import { createHash } from 'node:crypto';
import { canonicalize as jcs } from 'json-canonicalize';
import type { CreateHashing } from '#answerdesk/seams/hashing.ts';

const canonicalize = (value: unknown): string => {
  try {
    if (value !== undefined) return jcs(value);
  } catch (cause) {
    throw Object.assign(new Error('not JSON', { cause }), { code: 'NOT_CANONICAL' });
  }
  throw Object.assign(new Error('not JSON'), { code: 'NOT_CANONICAL' });
};
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
