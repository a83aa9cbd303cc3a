import * as v from 'valibot';
import { count, data, type EventShapes, text } from '../shapes.ts';

/** 5.1. A question is named by its judgement (`own-logger/northwind`), a passage by its id. */
export const shapes: EventShapes = {
  PassagesEmbedded: data({ model: text, unit: v.boolean(), passages: v.array(text) }),
  EmbeddingsRefused: data({ model: text }),
  QuestionAsked: data({ ask: text }),
  QuestionAnswered: data({ passages: count, said: v.picklist(['right', 'invented']) }),
  QuestionUnanswered: data({ reason: text }),
};
