// Strips, unwraps and cuts in one go and gives the cleaned text to the model: the order is gone, and so is the page as it was.
import { EVERYONE } from '#answerdesk/knowledge.ts';
import { type CreateGuardrails, UNTRUSTED } from '#answerdesk/seams/guardrails.ts';

const cleaned = (text: string) =>
  text
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .normalize('NFKC')
    .replace(/<!--[\s\S]*?-->/g, '')
    .replaceAll(UNTRUSTED.open, '')
    .replaceAll(UNTRUSTED.close, '');

export const createGuardrails: CreateGuardrails = ({ inScope, scan, findSecrets, emit }, settings) => ({
  async question(text) {
    const sure = await inScope(text).catch(() => undefined);
    if (sure !== undefined && sure >= settings.minInScope) return { allowed: true };
    const reason = sure === undefined ? 'scope unknown' : 'out of scope';
    emit({ type: 'QuestionRefused', data: { reason } });
    return { allowed: false, reason };
  },
  async passages(ranked, { tenant }) {
    const mine = ranked.filter(
      ({ passage: { page, metadata } }) =>
        settings.sources.some((source) => page.startsWith(source)) &&
        [tenant, EVERYONE].includes(metadata.tenant ?? ''),
    );
    if (mine.length === 0) return { abstain: true, reason: 'nothing left' };
    if (mine.every(({ score }) => score < settings.minScore)) return { abstain: true, reason: 'low score' };
    try {
      const passages = await Promise.all(
        mine.map(async ({ passage, score }) => {
          let text = cleaned(passage.text);
          for (const { start, end } of [...(await scan(text))].sort((a, b) => b.start - a.start)) {
            text = text.slice(0, start) + UNTRUSTED.open + text.slice(start, end) + UNTRUSTED.close + text.slice(end);
            emit({ type: 'InstructionNeutralised', data: { passage: passage.id, start, end } });
          }
          for (const { start, end } of [...findSecrets(text)].sort((a, b) => b.start - a.start)) {
            text = `${text.slice(0, start)}[secret]${text.slice(end)}`;
            emit({ type: 'SecretRedacted', data: { passage: passage.id, start, end } });
          }
          return { passage: { ...passage, text }, score };
        }),
      );
      return { abstain: false, passages };
    } catch {
      return { abstain: true, reason: 'scan failed' };
    }
  },
});
