import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CoverageV8Options } from 'vitest/node';

/** Shares in 0–1 of each file's code that ran, by absolute path. */
export type Covered = Map<string, { lines: number; branches: number }>;

/** V8's own coverage: Vitest maps it back to the source. It is handed over in memory; the folder holds its scratch files. */
export function coverageOptions(enabled: boolean): { enabled: boolean; provider: 'v8' } & CoverageV8Options {
  if (!enabled) return { enabled: false, provider: 'v8' };
  const reportsDirectory = mkdtempSync(join(tmpdir(), 'kata-coverage-'));
  return { enabled: true, provider: 'v8', reporter: [], reportsDirectory, allowExternal: true, reportOnFailure: true };
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
