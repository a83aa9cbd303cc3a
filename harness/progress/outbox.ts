import { closeSync, fdatasyncSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { LearningCommand } from './learning-commands.ts';

/**
 * What was seen and isn't in the store yet: a file of JSON lines for each process, so that nothing waits for the store
 * and nothing is lost when the process is stopped before it could be asked.
 */
export class Outbox {
  readonly #folder: string;
  readonly #file: string;
  #descriptor: number | undefined;
  #broken: unknown;
  #pending: LearningCommand[] = [];

  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#file = join(folder, `${process.pid}-${name}.jsonl`);
  }

  /** Never throws. Where the file can't be written, the command waits in memory: see `unwritable`. */
  put(command: LearningCommand): void {
    this.#pending.push(command);
    if (this.#broken) return;
    try {
      if (this.#descriptor === undefined) mkdirSync(this.#folder, { recursive: true });
      this.#descriptor ??= openSync(this.#file, 'a');
      writeSync(this.#descriptor, `${JSON.stringify(command)}\n`);
    } catch (error) {
      this.#broken = error;
    }
  }

  /** Why what waits is only in memory. */
  get unwritable(): unknown {
    return this.#broken;
  }

  /** On the disk, so far as it could be written. */
  sync(): void {
    try {
      if (this.#descriptor !== undefined) fdatasyncSync(this.#descriptor);
    } catch (error) {
      this.#broken ??= error;
    }
  }

  get pending(): readonly LearningCommand[] {
    return this.#pending;
  }

  /** These are in the store. What was put meanwhile goes into a new file before the old one goes. */
  settled(commands: readonly LearningCommand[]): void {
    const kept = new Set(commands.map(({ id }) => id));
    const rest = this.#pending.filter(({ id }) => !kept.has(id));
    if (rest.length > 0) {
      this.#pending = rest;
      return;
    }
    this.#pending = [];
    this.#broken = undefined;
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    try {
      rmSync(this.#file, { force: true });
    } catch {
      // It is read once more then, and nothing comes of it.
    }
  }
}

/** What processes that are gone have left behind, oldest first. A torn last line was never acknowledged. */
export function leftBehind(folder: string, isAlive = isRunning): { file: string; commands: LearningCommand[] }[] {
  return filesIn(folder)
    .filter((name) => !isAlive(Number.parseInt(name, 10)))
    .map((name) => ({ file: join(folder, name), commands: readCommands(join(folder, name)) }))
    .sort((a, b) => ((a.commands[0]?.at ?? '') < (b.commands[0]?.at ?? '') ? -1 : 1));
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /^\d+-.*\.jsonl$/.test(name));
  } catch {
    return [];
  }
}

function readCommands(file: string): LearningCommand[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as LearningCommand];
    } catch {
      return [];
    }
  });
}

function isRunning(pid: number): boolean {
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
