import pTimeout, { TimeoutError } from 'p-timeout';
import type { Hit } from '#answerdesk/knowledge.ts';
import type { CreateMultiStage, Stage, StageReport } from '#answerdesk/seams/multi-stage.ts';

type Step = StageReport & { hits: readonly Hit[] };

export const createMultiStage: CreateMultiStage = ({ first, stages, emit }, { wide, clearLead, fewAreEnough }) => {
  const leadsClearly = (hits: readonly Hit[]) => {
    const [best, second] = hits;
    if (best === undefined || second === undefined) return true;
    return clearLead !== undefined && second.score > 0 && best.score / second.score >= clearLead;
  };

  const ask = async (stage: Stage, question: string, before: readonly Hit[]): Promise<Step> => {
    const candidates = before.slice(0, stage.takes);
    const controller = new AbortController();
    const report = { name: stage.name, took: candidates.length };
    try {
      const order = await pTimeout(
        (async () => stage.score(question, structuredClone(candidates), controller.signal))(),
        { milliseconds: stage.withinMs },
      );
      const strangers = order.filter(({ id }) => !candidates.some((one) => one.id === id));
      if (order.length === 0 || strangers.length > 0) throw new Error(`${stage.name} brought no order of them`);
      const hits = order.slice(0, stage.keeps);
      return { ...report, kept: hits.length, outcome: 'done', hits };
    } catch (error) {
      const outcome = error instanceof TimeoutError ? 'too late' : 'failed';
      controller.abort(error);
      emit({ type: 'StageFailed', data: { stage: stage.name, outcome } });
      return { ...report, kept: before.length, outcome, hits: before };
    }
  };

  async function* stepsOf(question: string, among?: ReadonlySet<string>): AsyncGenerator<Step> {
    let hits = await first(question, wide, among);
    yield { name: 'first', took: hits.length, kept: hits.length, outcome: 'done', hits };
    const final = stages.length - 1;
    const straight = hits.length <= fewAreEnough && hits.length <= (stages[final]?.takes ?? 0);
    for (const [n, stage] of stages.entries()) {
      const skip = leadsClearly(hits) || (straight && n < final);
      const step: Step = skip
        ? { name: stage.name, took: 0, kept: hits.length, outcome: 'skipped', hits }
        : await ask(stage, question, hits);
      yield step;
      hits = step.hits;
    }
  }

  return {
    async search(question, k, among) {
      const steps: Step[] = [];
      for await (const step of stepsOf(question, among)) steps.push(step);
      const reports = steps.map(({ name, took, kept, outcome }) => ({ name, took, kept, outcome }));
      return { hits: (steps.at(-1)?.hits ?? []).slice(0, k), stages: reports };
    },

    async recalls(judged) {
      const shares = new Map<string, number[]>(['first', ...stages.map(({ name }) => name)].map((name) => [name, []]));
      for (const { text, relevant, among } of judged) {
        const right = new Set(Object.keys(relevant));
        if (right.size === 0) continue;
        for await (const { name, hits } of stepsOf(text, among))
          shares.get(name)?.push(hits.filter(({ id }) => right.has(id)).length / right.size);
      }
      return [...shares].map(([name, all]) => ({ name, recall: all.reduce((a, b) => a + b, 0) / (all.length || 1) }));
    },
  };
};
