import * as v from 'valibot';
import { count, data, type EventShapes, text } from '../shapes.ts';

/** 5.3. A question is named by its judgement (`own-logger/northwind`). */
export const shapes: EventShapes = {
  MetadataLost: data({ page: text, fields: v.array(v.picklist(['tenant', 'readers'])) }),
  QuestionScoped: data({ ask: text, version: text, asOf: text, k: count }),
  PassagesFound: data({ found: count, foreign: count, right: count }),
};
