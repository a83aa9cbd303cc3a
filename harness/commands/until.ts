import type { Grader } from '../grading/grader.ts';
import { HarnessError } from '../kernel/harness-error.ts';
import type { Terminal } from './terminal.ts';

/** Ctrl-C ends the wait at once, whatever is under way. Rejects with INTERRUPTED. */
export function untilAborted<T>(work: Promise<T>, { signal, interactive, print }: Terminal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      // The terminal has written ^C where the cursor was: what is said of it begins on a line of its own.
      if (interactive) print(['']);
      reject(new HarnessError('INTERRUPTED', 'Stopped.'));
    };
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

const CLOSING_MS = 1000;

/** Uses a grader and closes it, however that ends. A close that hangs isn't waited for: the process is about to end. */
export async function closing<T>(grader: { close(): Promise<void> }, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } finally {
    let timer: NodeJS.Timeout | undefined;
    // It keeps the process: one with nothing else to wait for would end in silence, and with 0.
    const enough = new Promise((resolve) => {
      timer = setTimeout(resolve, CLOSING_MS);
    });
    await Promise.race([grader.close().catch(() => {}), enough]);
    clearTimeout(timer);
  }
}

/** A grader that is started when it is first needed. */
export function openedLater(open: () => Promise<Grader>): Pick<Grader, 'grade' | 'close'> {
  let grader: Promise<Grader> | undefined;
  return {
    grade: async (requests, onVerdict) => {
      grader ??= open();
      return (await grader).grade(requests, onVerdict);
    },
    close: async () => (await grader)?.close(),
  };
}
