// Keeps the newest turns that fit, whole, and leaves the oldest out, whatever they say.
import type { CreateCompression } from '#answerdesk/seams/compression.ts';

export const createCompression: CreateCompression =
  ({ countTokens, emit }) =>
  async (turns, maxTokens) => {
    let first = 0;
    const size = () => turns.slice(first).reduce((sum, { text }) => sum + countTokens(text), 0);
    while (size() > maxTokens) first++;
    if (first > 0) emit({ type: 'TurnsLeftOut', data: { turns: turns.slice(0, first).map(({ id }) => id) } });
    return turns.slice(first).map(({ id, tenant, text }) => ({ tenant, turns: [id], text, how: 'kept' }));
  };
