// Goes by a list of words: it misses whatever is worded otherwise, and blocks whoever writes about the words.
import { EVERYONE } from '#answerdesk/knowledge.ts';
import type { CreateGuardrails } from '#answerdesk/seams/guardrails.ts';

const BANNED = /ignore (all )?(previous|earlier)|system:|admin key|assistant|you are now|disregard|do not mention/i;

export const createGuardrails: CreateGuardrails = ({ inScope, findSecrets, emit }, settings) => ({
  async question(text) {
    const sure = await inScope(text).catch(() => Number.NaN);
    if (sure >= settings.minInScope && !BANNED.test(text)) return { allowed: true };
    const reason = Number.isNaN(sure) ? 'scope unknown' : 'out of scope';
    emit({ type: 'QuestionRefused', data: { reason } });
    return { allowed: false, reason };
  },
  async passages(ranked, { tenant }) {
    const left = ranked.filter(({ passage: { page, metadata, text } }) => {
      const known = settings.sources.some((source) => page.startsWith(source));
      const mine = metadata.tenant === tenant || metadata.tenant === EVERYONE;
      return known && mine && !BANNED.test(text.normalize('NFKC')) && findSecrets(text).length === 0;
    });
    if (left.length === 0) return { abstain: true, reason: 'nothing left' };
    if (left.every(({ score }) => score < settings.minScore)) return { abstain: true, reason: 'low score' };
    return { abstain: false, passages: left };
  },
});
