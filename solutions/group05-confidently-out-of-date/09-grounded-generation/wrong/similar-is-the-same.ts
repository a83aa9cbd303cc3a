// Finds the quote by likeness, as fuzzy search does: four words of five are enough, and the fifth was the figure.
import type { CreateGrounding, ModelReply } from '#answerdesk/seams/grounding.ts';

const wordsOf = (text: string) =>
  [...text.matchAll(/[\p{L}\p{N}]+/gu)].map(({ 0: word, index }) => ({
    word: word.toLowerCase().normalize('NFC'),
    start: index,
    end: index + word.length,
  }));

function mostLike(quote: string, text: string): { start: number; end: number } | undefined {
  const [wanted, there] = [wordsOf(quote), wordsOf(text)];
  if (wanted.length < 4) return undefined;
  for (let at = 0; at + wanted.length <= there.length; at++) {
    const same = wanted.filter(({ word }, n) => there[at + n]?.word === word).length;
    const [first, last] = [there[at], there[at + wanted.length - 1]];
    if (first && last && same >= 0.8 * wanted.length) return { start: first.start, end: last.end };
  }
  return undefined;
}

function claimsIn(reply: string): ModelReply['claims'] | undefined {
  try {
    const { claims } = JSON.parse(reply.slice(reply.indexOf('{'), reply.lastIndexOf('}') + 1)) as ModelReply;
    return Array.isArray(claims) ? claims : undefined;
  } catch {
    return undefined;
  }
}

export const createGrounding: CreateGrounding = ({ page, emit }) => {
  return (reply, given) => {
    const dropped: string[] = [];
    const abstain = (reason: 'nothing supported' | 'no passages' | 'unreadable reply') => {
      emit({ type: 'AnswerAbstained', data: { reason } });
      return { abstained: true as const, reason, dropped };
    };
    if (given.length === 0) return abstain('no passages');
    const claims = claimsIn(reply);
    if (!claims) return abstain('unreadable reply');
    const shown = claims.flatMap(({ text, cites, quotes }) => {
      const citations = given
        .filter(({ number }) => cites?.includes(number))
        .flatMap(({ passage }) =>
          (quotes ?? []).flatMap((quote) => {
            const source = page(passage.page);
            const place = mostLike(quote, source?.text.slice(passage.start, passage.end) ?? '');
            const version = source?.metadata.version ?? null;
            const at = (offset: number) => passage.start + offset;
            return place ? [{ page: passage.page, version, start: at(place.start), end: at(place.end) }] : [];
          }),
        );
      if (citations.length > 0) return [{ text, citations }];
      dropped.push(text);
      emit({ type: 'ClaimDropped', data: { text, reason: 'nothing like it stands there' } });
      return [];
    });
    return shown.length > 0 ? { abstained: false, claims: shown, dropped } : abstain('nothing supported');
  };
};
