import type { CreateCompression, Turn } from '#answerdesk/seams/compression.ts';

/** The last turns stay as they are; a summary stands for all that came before. */
const RECENT = 4;

export const createCompression: CreateCompression = ({ countTokens, summarize }) => {
  const joined = (turns: readonly Turn[]) => turns.map(({ text }) => text).join('\n');

  return async (turns, maxTokens) => {
    const recent = turns.slice(-RECENT);
    const before = turns.slice(0, -RECENT);
    const room = maxTokens - countTokens(joined(recent));

    // TODO: what fits as it is costs a call and comes back as somebody else's words
    // TODO: nobody looks at what the model made of it: figures, names and a "not" can be gone, others can have come
    // TODO: what the user wants kept to is summed up with the rest
    let summary: string;
    try {
      summary = before.length > 0 ? await summarize(before, room) : '';
    } catch {
      // TODO: the cut goes through whatever stands there
      summary = joined(before).slice(0, room * 4);
    }

    // TODO: a conversation that was forwarded has turns of more than one tenant
    // TODO: together they can be over the budget
    const tenant = turns[0]?.tenant ?? '';
    const ids = before.map(({ id }) => id);
    const kept = recent.map((turn) => ({
      tenant: turn.tenant,
      turns: [turn.id],
      text: turn.text,
      how: 'kept' as const,
    }));
    return summary ? [{ tenant, turns: ids, text: summary, how: 'summarized' }, ...kept] : kept;
  };
};
