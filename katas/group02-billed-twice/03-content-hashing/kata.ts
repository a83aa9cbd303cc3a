import { createHash } from 'node:crypto';
import type { CreateHashing } from '#answerdesk/seams/hashing.ts';

// People type the same question in all sorts of ways.
// TODO: what is typed differently is the same question as long as it means the same, and not longer.
const normalise = (text: string) => text.trim().toLowerCase().replace(/\s+/g, ' ');

export const createHashing: CreateHashing = ({ excluded }) => {
  // TODO: one value has one form, whoever wrote it down.
  // TODO: what JSON can't say has none, and whoever asks for it is told.
  function canonicalize(value: unknown): string {
    return JSON.stringify(value);
  }

  return {
    canonicalize,
    identityOf(request) {
      const asked = Object.entries({ ...request, text: normalise(request.text) });
      const meaning = Object.fromEntries(asked.filter(([field]) => !excluded.includes(field)));
      return createHash('sha256').update(canonicalize(meaning)).digest('hex');
    },
  };
};
