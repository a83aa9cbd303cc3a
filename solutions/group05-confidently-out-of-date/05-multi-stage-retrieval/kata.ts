import type { Hit, JudgedQuestion } from '#answerdesk/knowledge.ts';
import type {
  CreateMultiStage,
  MultiStagePorts,
  MultiStageSettings,
  Stage,
  StageReport,
} from '#answerdesk/seams/multi-stage.ts';

/** What goes on after a stage, and what is said of it. */
interface Step {
  report: StageReport;
  hits: readonly Hit[];
}

const TOO_LATE = Symbol('too late');

/** The stage's order, or `TOO_LATE`. It is told when nobody waits any more, and may not listen. */
async function inTime(stage: Stage, question: string, candidates: readonly Hit[]) {
  const outOfTime = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<typeof TOO_LATE>((resolve) => {
    timer = setTimeout(() => {
      resolve(TOO_LATE);
      outOfTime.abort();
    }, stage.withinMs);
  });
  try {
    return await Promise.race([stage.score(question, candidates, outOfTime.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

const isOrderOf = (scored: readonly Hit[], candidates: readonly Hit[]): boolean => {
  const known = new Set(candidates.map(({ id }) => id));
  return scored.length > 0 && scored.every(({ id }) => known.has(id));
};

async function outcomeOf(stage: Stage, question: string, before: readonly Hit[]): Promise<Step> {
  const { name, takes, keeps } = stage;
  const candidates = before.slice(0, takes);
  const ended = (outcome: StageReport['outcome'], hits: readonly Hit[]): Step => ({
    report: { name, took: candidates.length, kept: hits.length, outcome },
    hits,
  });
  try {
    const scored = await inTime(stage, question, candidates);
    if (scored === TOO_LATE) return ended('too late', before);
    return isOrderOf(scored, candidates) ? ended('done', scored.slice(0, keeps)) : ended('failed', before);
  } catch {
    return ended('failed', before);
  }
}

function isClear([best, second]: readonly Hit[], { clearLead }: MultiStageSettings): boolean {
  if (!second) return true; // nothing to put in order
  return clearLead !== undefined && best !== undefined && second.score > 0 && best.score >= clearLead * second.score;
}

/** Everything that happens to a question, step by step. */
async function stepsOf(
  { first, stages, emit }: MultiStagePorts,
  settings: MultiStageSettings,
  question: string,
  k: number,
  among?: ReadonlySet<string>,
): Promise<Step[]> {
  let hits = await first(question, Math.max(settings.wide, k), among);
  const report: StageReport = { name: 'first', took: hits.length, kept: hits.length, outcome: 'done' };
  const steps: Step[] = [{ report, hits }];
  const last = stages.at(-1);
  const few = last !== undefined && hits.length <= Math.min(settings.fewAreEnough, last.takes);
  for (const stage of stages) {
    if (isClear(hits, settings) || (few && stage !== last)) {
      steps.push({ report: { name: stage.name, took: 0, kept: hits.length, outcome: 'skipped' }, hits });
      continue;
    }
    const step = await outcomeOf(stage, question, hits);
    const { outcome } = step.report;
    if (outcome === 'failed' || outcome === 'too late')
      emit({ type: 'StageFailed', data: { stage: stage.name, outcome } });
    steps.push(step);
    hits = step.hits;
  }
  return steps;
}

const recallOf = (hits: readonly Hit[], { relevant }: JudgedQuestion): number => {
  const found = new Set(hits.map(({ id }) => id));
  const right = Object.keys(relevant);
  return right.filter((id) => found.has(id)).length / right.length;
};

export const createMultiStage: CreateMultiStage = (ports, settings) => ({
  async search(question, k, among) {
    const steps = await stepsOf(ports, settings, question, k, among);
    return { hits: steps.at(-1)?.hits.slice(0, k) ?? [], stages: steps.map(({ report }) => report) };
  },

  async recalls(judged) {
    const answerable = judged.filter(({ relevant }) => Object.keys(relevant).length > 0);
    const sums = ['first', ...ports.stages.map(({ name }) => name)].map((name) => ({ name, sum: 0 }));
    for (const question of answerable) {
      const steps = await stepsOf(ports, settings, question.text, 0, question.among);
      for (const [n, { hits }] of steps.entries()) (sums[n] as { sum: number }).sum += recallOf(hits, question);
    }
    return sums.map(({ name, sum }) => ({ name, recall: answerable.length > 0 ? sum / answerable.length : 0 }));
  },
});
