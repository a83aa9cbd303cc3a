import { statSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { isStub } from './subject-plugin.ts';

/** When the files of a column were last read, by path. */
export type ReadAt = Map<string, number>;

/**
 * Makes Vitest read again what changed on disk since it was read, and every stub that stands between suite and answer
 * (its answer may be another). There is no file watcher: a stat for each of a few dozen files is cheaper and sure.
 */
export function invalidateChanged(columns: readonly { project: TestProject; readAt: ReadAt }[]): void {
  const now = new Map<string, number>();
  for (const { project, readAt } of columns) {
    for (const { moduleGraph } of Object.values(project.vite.environments)) {
      for (const module of moduleGraph.idToModuleMap.values()) {
        const id = module.id ?? '';
        const read = readAt.get(id);
        if (read !== undefined && !now.has(id)) now.set(id, stampOf(id));
        if (isStub(id) || read !== now.get(id)) moduleGraph.invalidateModule(module);
      }
    }
  }
}

/** Changes whenever a file is saved; NaN, which equals nothing, where it is gone. */
export function stampOf(file: string): number {
  const { mtimeMs = Number.NaN, size = 0 } = statSync(file, { throwIfNoEntry: false }) ?? {};
  return mtimeMs + size / 1e7;
}
