import * as v from 'valibot';
import { count, data, type EventShapes, ms, share, text } from '../shapes.ts';

export const shapes: EventShapes = {
  CandidatesFound: data({ ask: text, candidates: v.array(text) }),
  ScorerDegraded: data({ how: text }),
  ScorerRecovered: data({ how: text }),
  CandidatesReRanked: data({
    calls: count,
    refused: count,
    fellBack: v.boolean(),
    tookMs: ms,
    ndcgBefore: share,
    ndcg: share,
  }),
};
