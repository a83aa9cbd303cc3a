import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CoverageProvider, CoverageV8Options } from 'vitest/node';
import type { Coverage } from './verdict.ts';

/** Shares in 0–1 of each file's code that ran, by absolute path. */
export type Covered = Map<string, Coverage>;

/** V8's own coverage: Vitest maps it back to the source. It is handed over in memory; the folder holds its scratch files. */
export function coverageOptions(enabled: boolean): { enabled: boolean; provider: 'v8' } & CoverageV8Options {
  if (!enabled) return { enabled: false, provider: 'v8' };
  const reportsDirectory = mkdtempSync(join(tmpdir(), 'kata-coverage-'));
  return { enabled: true, provider: 'v8', reporter: [], reportsDirectory, allowExternal: true, reportOnFailure: true };
}

/** What V8 says of one thread. */
interface ThreadCoverage {
  result: { url: string }[];
}

/**
 * Of each thread only the answer that its suite grades is looked at: what a gate runs of an answer isn't its suite's,
 * and mapping everything else back costs more than measuring. `answerOf` gives the answer's path, or none; it is asked with the suite's, from the root.
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
