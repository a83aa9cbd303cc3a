import * as v from 'valibot';
import { count, data, type EventShapes, text } from '../shapes.ts';

/** 5.7 */
export const shapes: EventShapes = {
  QuestionAsked: data({ ask: text, after: v.array(text) }),
  CandidatesRanked: data({ ask: text, hits: v.array(data({ id: text, score: v.number() })) }),
  PromptSent: data({ ask: text, tokens: count, limit: count, asked: v.boolean(), passages: count, cut: count }),
  PromptAnswered: data({ ask: text, right: count, of: count, cutOff: v.boolean() }),
  PromptRefused: data({ ask: text, tokens: count, window: count }),
  ContextAssembled: data({ tokens: count, worth: v.number(), costPerPoint: v.nullable(v.number()) }),
};
