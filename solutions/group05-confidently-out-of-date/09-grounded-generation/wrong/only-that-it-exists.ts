// Checks that [3] was given and cites the passage: what stands in it isn't looked at.
import type { CreateGrounding, ModelReply } from '#answerdesk/seams/grounding.ts';

export const createGrounding: CreateGrounding = ({ page, emit }) => {
  return (reply, given) => {
    const abstain = (reason: 'nothing supported' | 'no passages' | 'unreadable reply', dropped: string[] = []) => {
      emit({ type: 'AnswerAbstained', data: { reason } });
      return { abstained: true as const, reason, dropped };
    };
    if (given.length === 0) return abstain('no passages');
    let claims: ModelReply['claims'];
    try {
      ({ claims } = JSON.parse(reply.slice(reply.indexOf('{'), reply.lastIndexOf('}') + 1)) as ModelReply);
    } catch {
      return abstain('unreadable reply');
    }
    const dropped: string[] = [];
    const shown = claims.flatMap(({ text, cites }) => {
      const citations = given
        .filter(({ number }) => cites.includes(number))
        .map(({ passage: { page: id, start, end } }) => ({
          page: id,
          version: page(id)?.metadata.version ?? null,
          start,
          end,
        }));
      if (citations.length > 0) return [{ text, citations }];
      dropped.push(text);
      emit({ type: 'ClaimDropped', data: { text, reason: 'cites nothing that was given' } });
      return [];
    });
    return shown.length > 0 ? { abstained: false, claims: shown, dropped } : abstain('nothing supported', dropped);
  };
};
