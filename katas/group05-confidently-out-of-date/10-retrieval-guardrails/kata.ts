import type { Passage } from '#answerdesk/knowledge.ts';
import type { CreateGuardrails } from '#answerdesk/seams/guardrails.ts';

/** Collected from tickets. */
const BANNED = [
  /ignore (all |the )?(previous|earlier|above) (instructions|rules)/i,
  /\boverride active\b/i,
  /\byou are now\b/i,
  /\bjailbreak\b/i,
];

export const createGuardrails: CreateGuardrails = ({ inScope, scan, findSecrets, emit }, settings) => {
  const { sources, minScore, minInScope } = settings;

  function isKnown({ id, page }: Passage): boolean {
    const known = sources.some((source) => page.startsWith(source));
    if (!known) emit({ type: 'PassageBlocked', data: { passage: id, reason: 'source' } });
    return known;
  }

  // TODO: a secret reaches no prompt, in whatever form it stands in a page.
  function withoutSecrets(id: string, text: string): string {
    return findSecrets(text).reduce((left, { start, end }) => {
      emit({ type: 'SecretRedacted', data: { passage: id, start, end } });
      return left.replace(text.slice(start, end), '[redacted]');
    }, text);
  }

  return {
    // TODO: a question is refused for its subject, and for nothing else; what can't be judged isn't let through.
    async question(text) {
      const [sure, orders] = await Promise.all([inScope(text).catch(() => 1), scan(text).catch(() => [])]);
      if (sure >= minInScope && orders.length === 0) return { allowed: true };
      emit({ type: 'QuestionRefused', data: { reason: 'out of scope' } });
      return { allowed: false, reason: 'out of scope' };
    },

    async passages(ranked) {
      // TODO: nothing comes back that isn't the asker's own, or everyone's.
      // TODO: the model obeys no page, however an order is hidden in it; what else the page says can still be read.
      // TODO: whoever asks about such an order, as the security trainings do, gets an answer.
      // TODO: what can't be looked at isn't let through.
      // TODO: each block says which passage, why, and where.
      const left = ranked.filter(
        ({ passage }) => isKnown(passage) && !BANNED.some((banned) => banned.test(passage.text)),
      );
      const [best] = left;
      if (!best) return { abstain: true, reason: 'nothing left' };
      if (!(best.score >= minScore)) return { abstain: true, reason: 'low score' };

      return {
        abstain: false,
        passages: left.map(({ passage, score }) => ({
          passage: { ...passage, text: withoutSecrets(passage.id, passage.text) },
          score,
        })),
      };
    },
  };
};
