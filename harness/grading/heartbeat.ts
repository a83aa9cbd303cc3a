import { parentPort } from 'node:worker_threads';

/** Loaded first in each worker, before virtual time: while the event loop turns, the watchdog hears of it. */
const beating = Symbol.for('kata-heartbeat');
const waited = Symbol.for('kata-waited-ms');
const here = globalThis as {
  [beating]?: NodeJS.Timeout;
  /** Set by the kit. */
  [waited]?: () => number;
  __vitest_worker__?: { evaluatedModules: { clear(): void } };
};
const beat = () => parentPort?.postMessage({ kataHeartbeat: true, waitedMs: here[waited]?.() ?? 0 });
beat();

if (here[beating]) {
  // A thread that is used again still holds the code of the answer before; the next one comes under the same name.
  here.__vitest_worker__?.evaluatedModules.clear();
}
here[beating] ??= setInterval(beat, 200).unref();
