import type { Message } from '#answerdesk/knowledge.ts';
import type { CreateContextBudget } from '#answerdesk/seams/context-budget.ts';

const CHARACTERS_PER_TOKEN = 4;

export const createContextBudget: CreateContextBudget = ({ emit }, { window, answerReserve, perMessage }) => {
  const estimate = (text: string) => Math.ceil(text.length / CHARACTERS_PER_TOKEN) + perMessage;

  return ({ system, question, history, passages }) => {
    // TODO: what the model is asked, and told to keep to, is there whole, or nothing is sent.
    // TODO: what is sent fits, by the model's own count, and leaves room for the answer.
    const limit = (window - answerReserve) * CHARACTERS_PER_TOKEN;
    const said = history.reduce((sum, { content }) => sum + content.length, system.length);

    // TODO: room goes to what is worth it; the model gets no half sentence and no half block of code.
    // TODO: what matters most stands where the model looks.
    const sources = passages.map(({ passage }, n) => `[${n + 1}] ${passage.page}\n${passage.text}`);
    const prompt = [...sources, question].join('\n\n').slice(0, Math.max(0, limit - said));
    const messages: Message[] = [{ role: 'system', content: system }, ...history, { role: 'user', content: prompt }];

    let end = 0;
    const included = passages.flatMap(({ passage }, n) => {
      const start = end + `[${n + 1}] ${passage.page}\n`.length;
      end = start + passage.text.length + 2;
      const text = prompt.slice(start, start + passage.text.length);
      return text ? [{ number: n + 1, passage, text }] : [];
    });
    const left = passages.slice(included.length).map(({ passage }) => passage.id);

    // TODO: what a context costs for what it is worth is known, and there is an end to it.
    const tokens = messages.reduce((sum, { content }) => sum + estimate(content), 0);
    const worth = passages.slice(0, included.length).reduce((sum, { score }) => sum + score, 0);
    emit({ type: 'ContextAssembled', data: { tokens, worth, costPerPoint: worth > 0 ? tokens / worth : null } });
    return { messages, tokens, included, left };
  };
};
