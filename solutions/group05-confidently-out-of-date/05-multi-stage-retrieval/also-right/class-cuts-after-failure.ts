import type { Hit, JudgedQuestion } from '#answerdesk/knowledge.ts';
import type {
  CreateMultiStage,
  MultiStage,
  MultiStagePorts,
  MultiStageSettings,
  Stage,
  Staged,
  StageRecall,
  StageReport,
} from '#answerdesk/seams/multi-stage.ts';

/** One question on its way. After a stage that failed only as many go on as it would have kept. */
class Funnel {
  readonly reports: StageReport[] = [];
  readonly lists: (readonly Hit[])[] = [];

  get hits(): readonly Hit[] {
    return this.lists.at(-1) ?? [];
  }

  pass(name: string, took: number, outcome: StageReport['outcome'], hits: readonly Hit[]): void {
    this.reports.push({ name, took, kept: hits.length, outcome });
    this.lists.push(hits);
  }
}

class Stages implements MultiStage {
  readonly #ports: MultiStagePorts;
  readonly #settings: MultiStageSettings;

  constructor(ports: MultiStagePorts, settings: MultiStageSettings) {
    this.#ports = ports;
    this.#settings = settings;
  }

  search = async (question: string, k: number, among?: ReadonlySet<string>): Promise<Staged> => {
    const funnel = await this.#run(question, among);
    return Object.freeze({ hits: funnel.hits.slice(0, k), stages: funnel.reports });
  };

  recalls = async (judged: readonly JudgedQuestion[]): Promise<readonly StageRecall[]> => {
    const asked = judged.filter(({ relevant }) => Object.keys(relevant).length > 0);
    const funnels = await Promise.all(asked.map(({ text, among }) => this.#run(text, among)));
    return ['first', ...this.#ports.stages.map(({ name }) => name)].map((name, stage) => {
      const shares = asked.map(({ relevant }, n) => {
        const list = funnels[n]?.lists[stage] ?? [];
        return list.filter(({ id }) => id in relevant).length / Object.keys(relevant).length;
      });
      return { name, recall: shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length) };
    });
  };

  async #run(question: string, among?: ReadonlySet<string>): Promise<Funnel> {
    const { first, stages } = this.#ports;
    const funnel = new Funnel();
    const found = await first(question, this.#settings.wide, among);
    funnel.pass('first', found.length, 'done', found);
    const last = stages[stages.length - 1];
    const direct = last && found.length <= this.#settings.fewAreEnough && found.length <= last.takes;
    for (const stage of stages) {
      if (this.#decided(funnel.hits) || (direct && stage !== last)) {
        funnel.pass(stage.name, 0, 'skipped', funnel.hits);
      } else await this.#ask(stage, question, funnel);
    }
    return funnel;
  }

  #decided([best, second]: readonly Hit[]): boolean {
    if (!best || !second) return true;
    const { clearLead = Infinity } = this.#settings;
    return second.score > 0 && best.score / second.score >= clearLead;
  }

  async #ask(stage: Stage, question: string, funnel: Funnel): Promise<void> {
    const given = funnel.hits.slice(0, stage.takes);
    const signal = AbortSignal.timeout(stage.withinMs);
    let outcome: StageReport['outcome'] = 'done';
    let hits: readonly Hit[] = [];
    try {
      hits = await new Promise<readonly Hit[]>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        stage.score(question, given, signal).then(resolve, reject);
      });
      const ids = new Set(given.map(({ id }) => id));
      if (hits.length === 0 || hits.some(({ id }) => !ids.has(id))) outcome = 'failed';
    } catch {
      outcome = signal.aborted ? 'too late' : 'failed';
    }
    if (outcome === 'failed' || outcome === 'too late') {
      hits = funnel.hits;
      this.#ports.emit({ type: 'StageFailed', data: { stage: stage.name, outcome } });
    }
    funnel.pass(stage.name, given.length, outcome, hits.slice(0, stage.keeps));
  }
}

export const createMultiStage: CreateMultiStage = (ports, settings) => new Stages(ports, settings);
