import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { loadCatalogue } from '../catalogue/load.ts';
import { HarnessError } from '../kernel/harness-error.ts';
import { genesis, verifyChain, type Witness } from '../progress/chain.ts';
import { witnessesOf } from '../progress/cohort.ts';
import { cohortStream, learnerStream } from '../progress/learning-events.ts';
import { readCohort } from '../progress/learning-store.ts';
import { type ProgressReport, progressReport } from '../progress/progress-report.ts';
import { advance, fromZero, standingProjection } from '../progress/projection.ts';
import { parseReceipt } from '../progress/receipt.ts';
import { timelineOf } from '../progress/timeline.ts';
import type { Screen } from '../report/screen.ts';
import { courseOf } from './progress/course-of.ts';
import { FileDigests } from './progress/digests-of.ts';
import { keepReceipt, keptReceipt } from './progress/kept-receipts.ts';
import { type Learning, reasonOf } from './progress/learning.ts';
import { openForReading } from './progress/open-for-reading.ts';
import type { Terminal } from './terminal.ts';

export const FORMATS = ['text', 'md', 'html', 'json', 'junit'] as const;
export type Format = (typeof FORMATS)[number];

export interface ReportCommand {
  format: Format | undefined;
  /** A path, or undefined for standard output. */
  out: string | undefined;
  /** An earlier receipt to hold the history against. */
  receipt: string | undefined;
}

/** How the learner got where they are. Resolves to 0, or to 1 where the history is not what was kept. */
export async function report(root: string, command: ReportCommand, terminal: Terminal): Promise<number> {
  const { out, receipt } = command;
  const format = command.format ?? formatOf(out ?? '');
  const learning = await openForReading(root);
  try {
    const made = await makeReport(root, learning, receipt);
    const text = await rendered(made, format, out === undefined ? terminal.screen : { columns: 100, colour: false });
    if (out === undefined) terminal.print([text]);
    else {
      write(out, text);
      terminal.print([`Written: ${out}`, ...(made.history.receipt ? [`Receipt: ${made.history.receipt}`] : [])]);
      if (made.history.breach) terminal.print([`The history is not what was kept: ${made.history.breach.says}.`]);
    }
    return made.history.intact ? 0 : 1;
  } finally {
    await learning.close();
  }
}

async function makeReport(root: string, learning: Learning, receipt: string | undefined): Promise<ProgressReport> {
  const { journal, store, learner, place } = learning;
  const stream = learnerStream(learner.id);
  const events = await journal.history();
  const cohort = await readCohort(store, cohortStream(learner.cohort));
  const chain = verifyChain(events, genesis(stream), [
    ...given(receipt, learner.id),
    ...keptReceipt(root, place, learner.id),
    ...witnessesOf(learner.id, cohort),
  ]);
  if (chain.intact && chain.head.n > 0) keepReceipt(root, place, { learner: learner.id, ...chain.head });
  const { state } = advance(standingProjection, fromZero(standingProjection, genesis(stream)), events);
  return progressReport({
    course: courseOf(loadCatalogue(root), new FileDigests(root)),
    standing: state,
    timeline: timelineOf(events),
    chain,
    learner: { id: learner.id, name: state.name ?? learner.name, cohort: state.cohort ?? learner.cohort },
    now: new Date().toISOString(),
  });
}

function given(text: string | undefined, learner: string): Witness[] {
  if (text === undefined) return [];
  const receipt = parseReceipt(text);
  if (!receipt) throw new HarnessError('OPTION_INVALID', '--receipt takes a whole receipt, as a report prints it.');
  if (receipt.learner !== learner)
    throw new HarnessError('OPTION_INVALID', `--receipt is of learner ${receipt.learner}, and this is ${learner}.`);
  return [{ n: receipt.n, hash: receipt.hash, from: 'the receipt given' }];
}

function formatOf(out: string): Format {
  const known: Record<string, Format> = {
    '.html': 'html',
    '.htm': 'html',
    '.json': 'json',
    '.md': 'md',
    '.xml': 'junit',
  };
  return known[extname(out).toLowerCase()] ?? 'text';
}

async function rendered(made: ProgressReport, format: Format, screen: Screen): Promise<string> {
  switch (format) {
    case 'text':
      return (await import('../report/progress-lines.ts')).progressLines(made, screen).join('\n');
    case 'md':
      return (await import('../report/progress-markdown.ts')).progressMarkdown(made);
    case 'html':
      return (await import('../report/progress-html.ts')).progressHtml(made);
    case 'json':
      return JSON.stringify(made, null, 2);
    case 'junit':
      return (await import('../report/progress-junit.ts')).progressJunit(made);
  }
}

/** Whole or not at all. */
function write(out: string, text: string): void {
  const file = resolve(out);
  const draft = `${file}.${process.pid}`;
  try {
    writeFileSync(draft, `${text}\n`);
    renameSync(draft, file);
  } catch (cause) {
    rmSync(draft, { force: true });
    throw new HarnessError('FILE_UNWRITABLE', `${out} could not be written: ${reasonOf(cause).replace(/,.*$/, '')}.`, {
      cause,
    });
  }
}
