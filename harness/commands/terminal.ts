import { type Screen, screenOf } from '../report/screen.ts';

/** What a command writes to and asks. Tests hand in their own. */
export interface Terminal {
  screen: Screen;
  /** Somebody is there: both ends are a terminal, so a command may stay or ask. */
  interactive: boolean;
  /** One line each, to standard output. */
  print(lines: readonly string[]): void;
  /** Asks for one line. */
  ask(question: string): Promise<string>;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
}

/** The process's own terminal. `signal` comes from who handles Ctrl-C. */
export function processTerminal(signal: AbortSignal): Terminal {
  return {
    screen: screenOf(process.stdout, process.env),
    interactive: process.stdout.isTTY === true && process.stdin.isTTY === true,
    print: (lines) => {
      if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
    },
    ask: async (question) => {
      const { createInterface } = await import('node:readline/promises');
      const prompt = createInterface({ input: process.stdin, output: process.stdout });
      try {
        return await prompt.question(question, { signal });
      } finally {
        prompt.close();
      }
    },
    signal,
  };
}
