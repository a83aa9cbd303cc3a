import { count, data, type EventShapes, ms, share, text } from '../shapes.ts';

export const shapes: EventShapes = {
  SearchAsked: data({ ask: text }),
  StageDegraded: data({ stage: text, how: text }),
  StageRecovered: data({ stage: text, how: text }),
  SearchAnswered: data({ scored: count, tookMs: ms, first: text, ndcg: share }),
  SearchFailed: data({ scored: count, tookMs: ms, reason: text }),
};
