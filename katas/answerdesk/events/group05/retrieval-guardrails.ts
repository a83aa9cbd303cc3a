import * as v from 'valibot';
import { count, data, type EventShapes, share, text } from '../shapes.ts';

const edit = data({ name: text, ways: v.array(text), place: text });
const partOf = data({ passage: text, start: count, end: count });

/** 5.10. A question is named by its judgement and the time that it is asked, a passage by its id. */
export const shapes: EventShapes = {
  QuestionAsked: data({
    ask: text,
    sure: share,
    found: v.array(data({ passage: text, score: share, edit: v.optional(edit) })),
  }),
  ScannerStopped: data({}),
  ScannerReturned: data({}),
  PromptPrepared: data({
    passages: count,
    orders: v.array(text),
    secrets: count,
    strangers: v.array(text),
    unseen: count,
    proved: count,
    of: count,
  }),
  AnswerWithheld: data({ reason: text }),
  QuestionRefused: data({ reason: text }),
  PassageBlocked: data({ passage: text, reason: text }),
  InstructionNeutralised: partOf,
  SecretRedacted: partOf,
};
