import * as v from 'valibot';
import { count, data, type EventShapes, text } from '../shapes.ts';

export const shapes: EventShapes = {
  ChunkingChosen: data({
    tenant: text,
    settings: data({ maxTokens: count, overlapTokens: count }),
    contextTokens: count,
  }),
  PagesChunked: data({ pages: count, passages: count, longest: text, tokens: count }),
  ContextAskedFor: data({ ask: text }),
  ContextFilled: data({ spans: v.array(text), passages: count, tokens: count, cut: v.boolean() }),
  AnswerLeftOut: data({ claims: count }),
};
