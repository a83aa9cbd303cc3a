import * as v from 'valibot';
import { count, data, type EventShapes, text } from '../shapes.ts';

const turn = data({ id: text, tenant: text, role: text, text, isConstraint: v.optional(v.boolean()) });

/** 5.8 */
export const shapes: EventShapes = {
  ConversationContinued: data({ conversation: text, turns: v.array(turn), maxTokens: count, mood: text }),
  HistoryCompressed: data({ conversation: text, tokens: count, parts: count, calls: count }),
  FactsLost: data({ conversation: text, facts: v.array(text) }),
};
