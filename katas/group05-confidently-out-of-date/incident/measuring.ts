import type { Passage } from '#answerdesk/knowledge.ts';
import { type Ask, CLASSES, type Claim, covers } from './questions.ts';

/** Ranks that count. */
export const K = 10;
/**
 * Of a passage only so much counts, in UTF-16 units from its beginning: no prompt has room for more of one. Without
 * this a whole page would count as found together with its 600 sections.
 */
const COUNTS = 2_000;

export interface Ranking {
  ask: Ask;
  /** Best first. */
  passages: readonly Passage[];
}

export interface Quality {
  recall: number;
  ndcg: number;
  reciprocalRank: number;
}

const proves = (passage: Passage, { gold }: Claim): boolean => {
  const { page, start, end } = passage;
  return gold.some((span) => covers({ page, start, end: Math.min(end, start + COUNTS) }, span));
};

/**
 * How good a ranking is for one question that has an answer. Each claim counts once, at the first passage that proves
 * it: repeating a passage gains nothing, and any of the places where a thing is said is as good. recall@10 is the share
 * of claims; nDCG@10 has linear gain (grade / log2(rank + 1)) over that of one passage a claim, best grade first; the
 * reciprocal rank is that of the first passage which proves a claim, whatever its rank.
 */
export function qualityOf({ ask: { claims }, passages }: Ranking): Quality {
  const ranks = claims.map((claim) => passages.findIndex((passage) => proves(passage, claim)) + 1);
  const gains = claims.map(({ grade }, n) => gain(grade, ranks[n] as number));
  const best = claims.map(({ grade }) => grade).sort((a, b) => b - a);
  const ideal = best.reduce((sum, grade, n) => sum + gain(grade, n + 1), 0);
  const found = ranks.filter((rank) => rank > 0);
  return {
    recall: ranks.filter((rank) => rank > 0 && rank <= K).length / claims.length,
    ndcg: Math.min(1, gains.reduce((sum, one) => sum + one, 0) / ideal),
    reciprocalRank: found.length > 0 ? 1 / Math.min(...found) : 0,
  };
}

const gain = (grade: number, rank: number): number => (rank > 0 && rank <= K ? grade / Math.log2(rank + 1) : 0);

export interface ClassQuality extends Quality {
  class: string;
  questions: number;
}

/** The mean over the questions of each class that have an answer, in the order of the classes. */
export function qualityByClass(rankings: readonly Ranking[]): ClassQuality[] {
  return CLASSES.flatMap((name) => {
    const all = rankings.filter(({ ask }) => ask.class === name && ask.claims.length > 0).map(qualityOf);
    if (all.length === 0) return [];
    const mean = (of: (one: Quality) => number) => all.reduce((sum, one) => sum + of(one), 0) / all.length;
    return [
      {
        class: name,
        questions: all.length,
        recall: mean(({ recall }) => recall),
        ndcg: mean(({ ndcg }) => ndcg),
        reciprocalRank: mean(({ reciprocalRank }) => reciprocalRank),
      },
    ];
  });
}
