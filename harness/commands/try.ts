import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { editedLines } from '../catalogue/digests.ts';
import { loadCatalogue } from '../catalogue/load.ts';
import { selectKata } from '../catalogue/select.ts';
import { openGrader } from '../grading/grader.ts';
import type { Verdict } from '../grading/verdict.ts';
import { HarnessError } from '../kernel/harness-error.ts';
import { tryLines } from '../report/try-lines.ts';
import { gradingSeeds } from './seeds.ts';
import type { Terminal } from './terminal.ts';
import { closing, untilAborted } from './until.ts';

export interface TryCommand {
  name: string;
  /** Path of the answer, from the working directory. */
  with: string;
  seed?: number | undefined;
  seeds?: number | undefined;
  json: boolean;
  verbose: boolean;
}

/** Grades any file as the answer to a kata. Resolves to 0 only for a pass. */
export async function tryAnswer(root: string, command: TryCommand, terminal: Terminal): Promise<number> {
  const catalogue = loadCatalogue(root);
  const kata = selectKata(catalogue, command.name);
  const subject = resolve(command.with);
  if (!statSync(subject, { throwIfNoEntry: false })?.isFile()) {
    throw new HarnessError('ANSWER_MISSING', `${command.with} is not a file; --with takes the path of an answer.`);
  }
  for (const line of editedLines(catalogue, [kata])) process.stderr.write(`${line}\n`);
  const grader = await openGrader({ root });
  const grading = () => grader.grade([{ kata, subject, seeds: gradingSeeds(command) }]);
  const [verdict] = await closing(grader, () => untilAborted(grading(), terminal));
  if (!verdict) throw new Error('the grader gave no verdict');
  const { print, screen } = terminal;
  print(command.json ? [JSON.stringify(tryJson(verdict))] : tryLines(kata, verdict, screen, command.verbose));
  return verdict.verdict === 'pass' ? 0 : 1;
}

/** The JSON shape of `try`. `error` is there only where there is no verdict on behaviours. */
export function tryJson({ id, verdict, score, behaviours, seeds, durationMs, error }: Verdict) {
  return {
    id,
    verdict,
    score,
    behaviours: behaviours.map(({ id, title, points, passed, message, event, seed }) => ({
      id,
      title,
      points,
      passed,
      message,
      event,
      seed,
    })),
    seeds,
    durationMs,
    ...(error !== undefined && { error }),
  };
}
