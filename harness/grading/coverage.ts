import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CoverageProvider, CoverageV8Options } from 'vitest/node';
import type { Coverage } from './verdict.ts';

/** Shares in 0–1 of each file's code that ran, by absolute path. */
export type Covered = Map<string, Coverage>;

/** Where Vitest keeps what threads measured until it is mapped back. It goes by `remove`, at the latest with the process. */
export function scratchFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'kata-coverage-'));
  const remove = () => {
    process.off('exit', remove);
    rmSync(path, { recursive: true, force: true });
  };
  process.once('exit', remove);
  return { path, remove };
}

/** V8's own coverage, which Vitest maps back to the source and hands over in memory. None without a scratch folder. */
export function coverageOptions(reportsDirectory?: string): { enabled: boolean; provider: 'v8' } & CoverageV8Options {
  if (reportsDirectory === undefined) return { enabled: false, provider: 'v8' };
  return { enabled: true, provider: 'v8', reporter: [], reportsDirectory, allowExternal: true, reportOnFailure: true };
}

/** What V8 says of one thread. */
interface ThreadCoverage {
  result: { url: string }[];
}

/**
 * Of each thread only the answer that its suite grades is looked at: what a gate runs of an answer isn't its suite's,
 * and mapping everything else back costs more than measuring. `answerOf` gives the answer's absolute path, or none; it
 * is asked with the suite's path from the root.
 */
export function onlyAnswers(
  provider: CoverageProvider,
  answerOf: (project: string, suite: string) => string | undefined,
) {
  const hear = provider.onAfterSuiteRun.bind(provider);
  provider.onAfterSuiteRun = (meta) => {
    const answer = answerOf(meta.projectName ?? '', meta.testFiles[0] ?? '');
    if (answer === undefined || !meta.coverage) return;
    const { result } = meta.coverage as ThreadCoverage;
    return hear({ ...meta, coverage: { result: result.filter(({ url }) => fileURLToPath(url) === answer) } });
  };
}

interface Share {
  covered: number;
  total: number;
}

/** What is used of an istanbul coverage map. */
interface CoverageMap {
  files(): string[];
  fileCoverageFor(file: string): { toSummary(): { lines: Share; branches: Share } };
}

export function noteCoverage(covered: Covered, map: unknown): void {
  const coverage = map as CoverageMap;
  for (const file of coverage.files()) {
    const { lines, branches } = coverage.fileCoverageFor(file).toSummary();
    covered.set(file, { lines: share(lines), branches: share(branches) });
  }
}

/** A file without branches has all of them covered. */
const share = ({ covered, total }: Share) => (total === 0 ? 1 : Math.round((1000 * covered) / total) / 1000);
