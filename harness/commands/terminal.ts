import { type Screen, screenOf } from '../report/screen.ts';
import { fit } from '../report/text.ts';

/** What a command writes to and asks. Tests hand in their own. */
export interface Terminal {
  screen: Screen;
  /** Somebody is there: both ends are a terminal, so a command may stay or ask. */
  interactive: boolean;
  /** One line each, to standard output. */
  print(lines: readonly string[]): void;
  /** Says what is under way, until the next line is printed; nothing where it couldn't be taken back. */
  status(text: string): void;
  /** Asks for one line. */
  ask(question: string): Promise<string>;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
}

/** The process's own terminal. `signal` comes from who handles Ctrl-C. */
export function processTerminal(signal: AbortSignal): Terminal {
  const screen = screenOf(process.stdout, process.env);
  const interactive = process.stdout.isTTY === true && process.stdin.isTTY === true;
  let shown = false;
  const clear = () => {
    if (shown) process.stdout.write('\r\u001b[2K');
    shown = false;
  };
  return {
    screen,
    interactive,
    print: (lines) => {
      if (lines.length === 0) return;
      clear();
      process.stdout.write(`${lines.join('\n')}\n`);
    },
    status: (text) => {
      if (!interactive || !screen.colour) return;
      clear();
      shown = true;
      process.stdout.write(fit(text, screen.columns - 1));
    },
    ask: async (question) => {
      const { createInterface } = await import('node:readline/promises');
      const prompt = createInterface({ input: process.stdin, output: process.stdout });
      // While it asks, Ctrl-C comes as a key; Ctrl-D ends the input, which is an empty answer.
      prompt.once('SIGINT', () => process.emit('SIGINT'));
      const ended = new Promise<string>((resolve) => prompt.once('close', () => resolve('')));
      try {
        return await Promise.race([prompt.question(question, { signal }), ended]);
      } finally {
        prompt.close();
      }
    },
    signal,
  };
}
