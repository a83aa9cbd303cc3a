// Keeps one running summary: each time it is summed up again, together with what came since.
import type { CompressedPart, CreateCompression, Turn } from '#answerdesk/seams/compression.ts';

export const createCompression: CreateCompression = ({ countTokens, summarize }) => {
  const size = (texts: readonly { text: string }[]) => texts.reduce((sum, { text }) => sum + countTokens(text), 0);
  const kept = ({ id, tenant, text }: Turn): CompressedPart => ({ tenant, turns: [id], text, how: 'kept' });

  return async (turns, maxTokens) => {
    if (size(turns) <= maxTokens) return turns.map(kept);
    const bound = turns.filter(({ isConstraint }) => isConstraint);
    const others = turns.filter(({ isConstraint }) => !isConstraint);
    const room = maxTokens - size(bound);
    if (room < 0) throw Object.assign(new Error('too long'), { code: 'CONSTRAINTS_TOO_LONG' });
    let running: Turn | undefined;
    for (const turn of others) {
      const before: Turn[] = running ? [running, turn] : [turn];
      running = {
        ...turn,
        text: size(before) > room ? await summarize(before, room) : before.map((one) => one.text).join(' '),
      };
    }
    const summary: CompressedPart[] = running
      ? [{ tenant: running.tenant, turns: others.map(({ id }) => id), text: running.text, how: 'summarized' }]
      : [];
    const order = new Map(turns.map(({ id }, n) => [id, n]));
    const place = ({ turns: [first] }: CompressedPart) => order.get(first ?? '') ?? 0;
    return [...summary, ...bound.map(kept)].sort((a, b) => place(a) - place(b));
  };
};
