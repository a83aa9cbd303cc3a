import * as v from 'valibot';
import { count, data, type EventShapes, text } from '../shapes.ts';

const span = { page: text, start: count, end: count };
const told = data({
  kind: text,
  of: text,
  n: count,
  cites: v.array(count),
  quotes: v.array(data(span)),
  lines: v.optional(text),
});

export const shapes: EventShapes = {
  ReplyReceived: data({
    ask: text,
    given: v.array(data({ number: count, passage: text })),
    around: text,
    claims: v.array(told),
  }),
  ClaimShown: data({
    ask: text,
    claim: count,
    citations: v.array(data({ ...span, version: v.nullable(text) })),
  }),
  AnswerWithheld: data({ ask: text, reason: text }),
};
