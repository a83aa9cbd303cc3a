import type { Citation, CreateGrounding, ModelReply } from '#answerdesk/seams/grounding.ts';

const CODE_FENCE = /```(?:json)?\n(.*)\n```/s;

function claimsOf(json: string): ModelReply['claims'] | undefined {
  try {
    const { claims } = JSON.parse(json) as ModelReply;
    return Array.isArray(claims) ? claims : undefined;
  } catch {
    return undefined;
  }
}

export const createGrounding: CreateGrounding = ({ page, emit }) => {
  return (reply, given) => {
    const abstain = (reason: 'nothing supported' | 'no passages' | 'unreadable reply', dropped: string[] = []) => {
      emit({ type: 'AnswerAbstained', data: { reason } });
      return { abstained: true as const, reason, dropped };
    };
    if (given.length === 0) return abstain('no passages');

    // TODO: a reply is read whatever stands around it, and one bad claim costs no other.
    const claims = claimsOf(CODE_FENCE.exec(reply)?.[1] ?? reply);
    if (!claims) return abstain('unreadable reply');

    // TODO: a quote counts where it stands, in any spelling of the same words, and not where it doesn't.
    const stands = (quote: string) => given.some(({ text }) => text.includes(quote));

    // TODO: a citation leads to the quote, in the passage that the model meant.
    const citationOf = (number: number, quotes: readonly string[]): Citation[] => {
      const passage = given[number - 1]?.passage;
      if (!passage) return [];
      const version = page(passage.page)?.metadata.version ?? null;
      const quote = quotes.find((each) => passage.text.includes(each)) ?? passage.text;
      const start = passage.start + passage.text.indexOf(quote);
      return [{ page: passage.page, version, start, end: start + quote.length }];
    };

    // TODO: a quote that is really there may still not say what the claim says.
    const dropped: string[] = [];
    const shown = claims.flatMap(({ text, cites, quotes }) => {
      const citations = cites.flatMap((number) => citationOf(number, quotes));
      if (citations.length > 0 && quotes.some(stands)) return [{ text, citations }];
      dropped.push(text);
      emit({ type: 'ClaimDropped', data: { text, reason: 'no quote stands in what was given' } });
      return [];
    });
    return shown.length > 0 ? { abstained: false, claims: shown, dropped } : abstain('nothing supported', dropped);
  };
};
