import type { TestModule } from 'vitest/node';
import { readModule } from './read-module.ts';
import { answersOf, type GradeRequest, isGate, requestId } from './request.ts';
import { shown } from './subject-plugin.ts';
import type { BehaviourResult, Verdict } from './verdict.ts';
import type { Death, SuiteRun } from './watched-worker.ts';
import { whyNoVerdict } from './why-no-verdict.ts';

const MOST_OUTPUT = 4000;

/** One suite's run on its answers: collects what there is to know and settles once. */
export class PendingRun implements SuiteRun {
  readonly request: GradeRequest;
  readonly kataRun: SuiteRun['kataRun'];
  readonly #root: string;
  readonly #settle: (verdict: Verdict) => void;
  #startedAt = performance.now();
  #output = '';
  #endedWell = false;

  constructor(root: string, request: GradeRequest, settle: (verdict: Verdict) => void) {
    const { seeds, stopAtFirstRed = false, only, historyFile } = request;
    this.#root = root;
    this.request = request;
    this.kataRun = { seeds, stopAtFirstRed, ...(only && { only }), ...(historyFile !== undefined && { historyFile }) };
    this.#settle = settle;
  }

  /** Absolute path of the answer whose own suite this is; a gate has none. */
  get answer(): string | undefined {
    return isGate(this.request) ? undefined : this.request.subject;
  }

  get budgetMs(): number {
    const [first, each] = isGate(this.request) ? [20_000, 4_000] : [4_500, 1_000];
    return first + each * (this.request.seeds.length - 1);
  }

  onStart(): void {
    this.#startedAt = performance.now();
  }

  onOutput(text: string): void {
    if (this.#output.length < MOST_OUTPUT) this.#output = (this.#output + text).slice(0, MOST_OUTPUT);
  }

  onDeath({ kind, message }: Death): void {
    const timeout = kind === 'loop' || kind === 'import' || kind === 'slow';
    const error = `${this.#subject()} was stopped: ${message}`;
    this.#end(verdictOf(this.request, { verdict: timeout ? 'timeout' : 'error', error }));
  }

  finish(module: TestModule): void {
    const points = isGate(this.request) ? {} : this.request.kata.points;
    const { only } = this.request;
    const { behaviours, damage, measures } = readModule(module, { points, ...(only && { only }) });
    this.#endedWell = behaviours.every(({ kind }) => kind === null || kind === 'rule');
    const error = whyNoVerdict(
      module,
      behaviours,
      answersOf(this.request).map(({ subject }) => subject),
      (file) => shown(this.#root, file),
    );
    const verdict = error === undefined ? judge(behaviours) : 'error';
    this.#end(
      verdictOf(this.request, {
        verdict,
        behaviours,
        score: behaviours.reduce((sum, { passed, points }) => sum + (passed ? points : 0), 0),
        ...(error !== undefined && { error }),
        ...(damage && { damage }),
        ...(measures && { measures }),
      }),
    );
  }

  endedWell(): boolean {
    return this.#endedWell;
  }

  /** The run is over and this suite said nothing. */
  abandon(): void {
    this.#end(verdictOf(this.request, { verdict: 'error', error: `${this.#subject()}: its suite did not run` }));
  }

  #end(verdict: Verdict): void {
    const durationMs = Math.round(performance.now() - this.#startedAt);
    this.#settle({ ...verdict, durationMs, ...(this.#output !== '' && { output: this.#output }) });
  }

  #subject(): string {
    return isGate(this.request) ? `gate ${this.request.gate.number}` : shown(this.#root, this.request.subject);
  }
}

function judge(behaviours: readonly BehaviourResult[]): Verdict['verdict'] {
  if (behaviours.some(({ kind }) => kind === 'stuck')) return 'timeout';
  if (behaviours.length === 0) return 'error';
  return behaviours.every(({ passed }) => passed) ? 'pass' : 'fail';
}

export function verdictOf(request: GradeRequest, result: Partial<Verdict>): Verdict {
  const id = requestId(request);
  return { id, verdict: 'error', score: 0, behaviours: [], seeds: request.seeds, durationMs: 0, ...result };
}
