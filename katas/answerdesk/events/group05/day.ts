import * as v from 'valibot';
import { count, data, type EventShapes, ms, share, text } from '../shapes.ts';

const place = data({ page: text, start: count, end: count });
const claim = data({ text, citations: v.array(place), judged: text });
const figure = v.nullable(share);

/** A day of questions to the knowledge base. */
export const shapes: EventShapes = {
  QuestionAsked: data({ question: text, class: text, tenant: text, major: text, text }),
  /** `hidden`: those that the asker may not see. `rated`: those that the careful scorer was given. */
  PassagesRanked: data({ question: text, ms, passages: v.array(text), hidden: count, rated: count }),
  /**
   * What reached the model. `over`: tokens above the budget; `lost`: parts of system, question and conversation that are
   * missing; `comparable`: askings of the same thing, whose `hash` must be one; null where that can't be asked.
   */
  PromptRead: data({
    question: text,
    comparable: v.nullable(text),
    tokens: count,
    over: count,
    hash: text,
    lost: count,
    /** An order of a page. */
    obeyed: v.boolean(),
    secrets: count,
  }),
  AnswerGiven: data({
    question: text,
    ms,
    abstained: v.boolean(),
    reason: v.optional(text),
    /** To abstain is right. */
    hasNone: v.boolean(),
    claims: v.array(claim),
  }),
  ReleaseOffered: data({ release: text }),
  ReleaseAdmitted: data({ release: text, sound: v.boolean() }),
  ReleaseRefused: data({ release: text, sound: v.boolean() }),
  RetrievalMeasured: data({
    step: text,
    class: text,
    questions: count,
    recallAt10: figure,
    ndcgAt10: figure,
    mrr: figure,
  }),
};
