import { createHash } from 'node:crypto';
import { type FSWatcher, readFileSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

export interface Saves {
  /** The keys of the files that changed since the last call, as soon as there is one. Rejects when aborted. */
  next(signal: AbortSignal): Promise<string[]>;
  close(): void;
}

export interface SavesOptions {
  /** An editor writes a file in several steps; it is read when nothing happened for so long. */
  quietMs?: number;
  /** Where the system tells nothing (some shared folders), a look is taken as often as this. */
  lookEveryMs?: number;
}

/**
 * Watches files by the folders that hold them, so that an editor which replaces a file is seen too. What counts is the
 * content: a save that changes nothing is none. `files`: path → key.
 */
export function watchSaves(
  files: ReadonlyMap<string, string>,
  { quietMs = 30, lookEveryMs = 1000 }: SavesOptions = {},
): Saves {
  const known = new Map([...files.keys()].map((file) => [file, digestOf(file)]));
  const changed = new Set<string>();
  let waiting: (() => void) | undefined;
  let quiet: NodeJS.Timeout | undefined;

  const look = () => {
    for (const [file, key] of files) {
      const digest = digestOf(file);
      if (digest === known.get(file)) continue;
      known.set(file, digest);
      changed.add(key);
    }
    if (changed.size > 0) waiting?.();
  };
  const stir = () => {
    clearTimeout(quiet);
    quiet = setTimeout(look, quietMs);
  };
  const watchers = [...new Set([...files.keys()].map(dirname))].flatMap((folder) => watcherOf(folder, files, stir));
  const poll = setInterval(look, lookEveryMs);

  return {
    next: (signal) =>
      new Promise((resolve, reject) => {
        const done = () => {
          waiting = undefined;
          signal.removeEventListener('abort', stop);
          const keys = [...changed];
          changed.clear();
          resolve(keys);
        };
        const stop = () => {
          waiting = undefined;
          reject(signal.reason);
        };
        if (signal.aborted) return stop();
        signal.addEventListener('abort', stop, { once: true });
        if (changed.size > 0) return done();
        waiting = done;
      }),
    close: () => {
      clearTimeout(quiet);
      clearInterval(poll);
      for (const watcher of watchers) watcher.close();
    },
  };
}

/** No watcher (out of inotify watches, no such folder) leaves the regular look. */
function watcherOf(folder: string, files: ReadonlyMap<string, string>, stir: () => void): FSWatcher[] {
  const names = new Set([...files.keys()].filter((file) => dirname(file) === folder).map((file) => basename(file)));
  try {
    const watcher = watch(folder, (_, name) => {
      if (name === null || names.has(name)) stir();
    });
    watcher.on('error', () => watcher.close());
    return [watcher];
  } catch {
    return [];
  }
}

/** Empty where there is no file: between an editor's two steps, or because it was deleted. */
function digestOf(file: string): string {
  try {
    return createHash('sha1').update(readFileSync(file)).digest('base64');
  } catch {
    return '';
  }
}
