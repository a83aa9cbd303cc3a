// Hashes the fields one after another: "acme" and "2 sol" is "acme2" and " sol", and a number is its string.
import { createHash } from 'node:crypto';
import canonical from 'canonicalize';
import type { AnswerRequest, CreateHashing } from '#answerdesk/seams/hashing.ts';

function canonicalize(value: unknown): string {
  try {
    const form = canonical(value);
    if (form !== undefined) return form;
  } catch (cause) {
    throw Object.assign(new Error('not JSON', { cause }), { code: 'NOT_CANONICAL' });
  }
  throw Object.assign(new Error('not JSON'), { code: 'NOT_CANONICAL' });
}

export const createHashing: CreateHashing = ({ excluded }) => ({
  canonicalize,
  identityOf(request: AnswerRequest) {
    const hash = createHash('sha256');
    const fields = Object.keys(request).sort();
    for (const field of fields.filter((name) => !excluded.includes(name))) {
      const value = field === 'text' ? request.text.normalize('NFC').trim() : request[field];
      hash.update(typeof value === 'object' ? canonicalize(value) : String(value));
    }
    return hash.digest('hex');
  },
});
