import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { readLock } from '../../../kernel/shared-server/owner-lock.ts';

export interface Started {
  port: number;
  reports: string[];
}

const entry = fileURLToPath(new URL('./waiting-server.js', import.meta.url));

/** A server process that has been started beforehand and can be told to serve, and be killed. */
export class KillableServer {
  readonly #process: ChildProcess;

  constructor() {
    this.#process = spawn(process.execPath, [entry], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#process.stdin?.on('error', () => {});
  }

  /** Throws with the server's own words where it refuses. Undefined: it was killed before it answered. */
  async serve(folder: string): Promise<Started | undefined> {
    // The owner before it was killed and waited for: its lock is dead.
    const previous = readLock(folder)?.number ?? 0;
    const answer = this.#firstLine();
    this.#process.stdin?.write(`${JSON.stringify({ folder, previous })}\n`);
    const said = await answer;
    if (said === undefined) return undefined;
    const { error, ...started } = JSON.parse(said) as Started & { error?: string };
    if (error !== undefined) throw new Error(error);
    return started;
  }

  /** kill -9. Kept when the process is gone. */
  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await gone;
  }

  #firstLine(): Promise<string | undefined> {
    return new Promise((resolve) => {
      let text = '';
      this.#process.stdout?.on('data', (data: Buffer) => {
        text += data;
        if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
      });
      this.#process.once('exit', () => resolve(undefined));
    });
  }
}
