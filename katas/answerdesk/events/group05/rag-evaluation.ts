import * as v from 'valibot';
import { count, data, type EventShapes, text } from '../shapes.ts';

/** Of each question the places of its passages in the index, best first. */
const rankings = v.record(text, v.array(count));

/** 5.11. A question is named by its judgement (`own-logger/northwind`), a passage by its id. */
export const shapes: EventShapes = {
  PassagesIndexed: data({ tenant: text, passages: v.array(text) }),
  LiveRunRecorded: data({ rankings }),
  CandidateOffered: data({ candidate: text, rankings }),
  CandidateCompared: data({
    candidate: text,
    passes: v.boolean(),
    regressions: v.array(data({ class: text, metric: text })),
  }),
  PageWritten: data({ page: text, entries: v.array(data({ ask: text, style: text })) }),
  LeaksReported: data({ asks: v.array(text) }),
  RegressionFound: data({
    class: text,
    metric: text,
    questions: count,
    change: v.number(),
    low: v.number(),
    high: v.number(),
  }),
};
