import { createHash } from 'node:crypto';
import type { CreateHashing } from '#answerdesk/seams/hashing.ts';

const notCanonical = (what: string) =>
  Object.assign(new Error(`JSON can't say ${what}`), { code: 'NOT_CANONICAL' as const });

function text(value: string): string {
  // JSON.stringify would write half a surrogate pair as an escape, and UTF-8 would make U+FFFD of it.
  if (/\p{Surrogate}/u.test(value)) throw notCanonical('half a surrogate pair');
  return JSON.stringify(value);
}

/** RFC 8785. ECMAScript's own number and string forms are those of the RFC; `sort()` compares UTF-16 code units. */
function canonicalize(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return text(value);
    case 'boolean':
      return String(value);
    case 'number':
      if (!Number.isFinite(value)) throw notCanonical(String(value));
      return JSON.stringify(value);
    case 'object': {
      if (value === null) return 'null';
      if (Array.isArray(value)) return `[${value.map(canonicalize).join(',')}]`;
      const fields = Object.entries(value).filter(([, field]) => field !== undefined);
      // Written out, not collected in an object: that would put "10" behind "9", and lose "__proto__".
      const names = fields.map(([name, field]) => [name, `${text(name)}:${canonicalize(field)}`] as const);
      return `{${names
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, written]) => written)
        .join(',')}}`;
    }
    default:
      throw notCanonical(`a value of type ${typeof value}`);
  }
}

/** Code as Markdown has it: fenced, to the end where nothing closes it, or between two backticks on a line. */
const CODE = /(```[\s\S]*?(?:```|$)|`[^`\n]*`)/;

/** What was typed, with one spelling for each character, and white space that separates words and does no more. */
function meaningOf(typed: string): string {
  const parts = typed.normalize('NFC').split(CODE);
  return parts
    .map((part, n) => (n % 2 ? part : part.replace(/\s+/g, ' ')))
    .join('')
    .trim();
}

export const createHashing: CreateHashing = ({ excluded }) => ({
  canonicalize,
  identityOf(request) {
    const fields = Object.entries({ ...request, text: meaningOf(request.text) });
    const meaning = Object.fromEntries(fields.filter(([name]) => !excluded.includes(name)));
    return createHash('sha256').update(canonicalize(meaning), 'utf8').digest('hex');
  },
});
