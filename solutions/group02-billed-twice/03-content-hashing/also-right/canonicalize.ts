// canonicalize 4 for the form; its refusals get our code. A text with a backtick in it keeps all of its white space.
import { hash } from 'node:crypto';
import jcs from 'canonicalize';
import type { CreateHashing, Hashing } from '#answerdesk/seams/hashing.ts';

const canonicalize: Hashing['canonicalize'] = (value) => {
  let form: string | undefined;
  let cause: unknown;
  try {
    form = jcs(value);
  } catch (error) {
    cause = error;
  }
  if (form !== undefined) return form;
  throw Object.assign(new Error('not JSON', { cause }), { code: 'NOT_CANONICAL' });
};

export const createHashing: CreateHashing = ({ excluded }) => ({
  canonicalize,
  identityOf(request) {
    const typed = request.text.normalize('NFC').trim();
    const meaning = { ...request, text: typed.includes('`') ? typed : typed.split(/\s+/).join(' ') };
    for (const field of excluded) delete (meaning as Record<string, unknown>)[field];
    return hash('sha256', canonicalize(meaning), 'hex');
  },
});
