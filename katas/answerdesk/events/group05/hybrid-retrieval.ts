import * as v from 'valibot';
import { count, data, type EventShapes, text } from '../shapes.ts';

/** Ranks of the first passage that answers, among the first ten; null where none does. */
const rank = v.nullable(count);

export const shapes: EventShapes = {
  QuestionSearched: data({ ask: text, class: text }),
  PassagesRanked: data({ first: v.nullable(text), keywords: rank, vectors: rank, fused: rank }),
};
