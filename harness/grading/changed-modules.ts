import { statSync } from 'node:fs';
import type { Vitest } from 'vitest/node';

const seenAt = new WeakMap<Vitest, Map<string, number>>();

/**
 * Makes Vitest read again what changed on disk since the last call, and every stub that stands between suite and answer
 * (its answer may be another). There is no file watcher: a stat for each of a few dozen files is cheaper and sure.
 */
export function invalidateChanged(vitest: Vitest): void {
  const seen = seenAt.get(vitest) ?? new Map<string, number>();
  seenAt.set(vitest, seen);
  const stamps = new Map<string, number>();
  for (const { vite } of vitest.projects) {
    for (const { moduleGraph } of Object.values(vite.environments)) {
      for (const module of moduleGraph.idToModuleMap.values()) {
        const file = module.id ?? '';
        if (file.startsWith('\0answer:')) moduleGraph.invalidateModule(module);
        else if (file.startsWith('/') && !file.includes('/node_modules/')) {
          const stamp = stamps.get(file) ?? stampOf(file);
          stamps.set(file, stamp);
          if (seen.has(file) && seen.get(file) !== stamp) moduleGraph.invalidateModule(module);
        }
      }
    }
  }
  for (const [file, stamp] of stamps) seen.set(file, stamp);
}

function stampOf(file: string): number {
  const { mtimeMs = 0, size = 0 } = statSync(file.replace(/\?.*$/, ''), { throwIfNoEntry: false }) ?? {};
  return mtimeMs + size / 1e7;
}
