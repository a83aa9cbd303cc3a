import { Command, CommanderError, Option } from 'commander';
import { HarnessError } from '../kernel/harness-error.ts';
import { wholeNumber } from './seeds.ts';
import { processTerminal, type Terminal } from './terminal.ts';

type Act = (terminal: Terminal) => Promise<number>;

/** Parses the arguments and runs the command, which is loaded only then. Resolves to the exit code. */
export async function runProgram(root: string, argv: readonly string[], signal: AbortSignal): Promise<number> {
  let act: Act | undefined;
  const program = describeProgram(root, (chosen) => {
    act = chosen;
  });
  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    throw new HarnessError(
      'OPTION_INVALID',
      `${error.message.replace(/^error: /, '').replaceAll('\n', ' ')} ('kata --help' lists all.)`,
    );
  }
  if (!act) return 0;
  return act(processTerminal(signal));
}

const seed = wholeNumber('--seed', 0, 2 ** 31);
const seeds = wholeNumber('--seeds', 1, 10_000);
const example = (...lines: string[]) => `\nFor example:\n${lines.map((line) => `  pnpm kata ${line}`).join('\n')}\n`;

function describeProgram(root: string, choose: (act: Act) => void): Command {
  const program = new Command('kata')
    .description('90 production patterns, each taught by the incident that made it necessary.')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .addHelpText('after', example('group1', '1.5', 'list', 'hint 1.5'));
  learnersCommands(program, root, choose);
  progressCommands(program, root, choose);
  authorsCommands(program, root, choose);
  for (const command of program.commands) {
    command.exitOverride().configureOutput({ outputError: () => {} });
    command.option('--verbose', 'show stacks, and what answers printed');
    command.addOption(new Option('--store <where>', 'the event store: embedded, container, or esdb://…').hideHelp());
    command.hook('preAction', () => {
      const { store } = command.opts<{ store?: string }>();
      if (store !== undefined) process.env['KATA_STORE'] = store;
    });
  }
  return program;
}

function learnersCommands(program: Command, root: string, choose: (act: Act) => void): void {
  program
    .command('run [names...]', { isDefault: true })
    .description('replay an incident on your code, run the suites, say what to do next (the default command)')
    .option('--once', 'run once and leave')
    .option('--seed <n>', 'play this seed', seed)
    .option('--json', 'results as JSON')
    .addHelpText('after', example('group1', '1.5', 'group1/05 --once', 'all --json'))
    .action((names: string[], { once = false, json = false, verbose = false, ...options }) => {
      if (names.length === 0) {
        choose(async (terminal) =>
          json
            ? (await import('./list.ts')).list(root, { json }, terminal)
            : (await import('./map.ts')).map(root, terminal),
        );
        return;
      }
      const asked = { names, once, json, verbose, seed: options.seed ?? null };
      choose(async (terminal) => (await import('./run.ts')).run(root, asked, terminal));
    });
  program
    .command('list')
    .description('the map: every group and kata')
    .option('--json', 'as JSON')
    .addHelpText('after', example('list', 'list --json'))
    .action(({ json = false }) =>
      choose(async (terminal) => (await import('./list.ts')).list(root, { json }, terminal)),
    );
  program
    .command('incident <group>')
    .description("an incident's timeline, as recorded or on your code")
    .option('--mine', 'on your code as it stands')
    .option('--seed <n>', 'another morning, on your code', seed)
    .option('--follow', 'play it, with its time compressed')
    .option('--event <id>', 'one event in full, its causes and effects', wholeNumber('--event', 1, 10_000_000))
    .option('--all', 'every event')
    .option('--json', 'as JSON lines')
    .addHelpText('after', example('incident group1', 'incident group1 --mine', 'incident group1 --event 112'))
    .action((name: string, { mine = false, follow = false, all = false, json = false, ...options }) => {
      const asked = { name, mine, follow, all, json, seed: options.seed ?? null, event: options.event ?? null };
      choose(async (terminal) => (await import('./incident.ts')).incident(root, asked, terminal));
    });
  program
    .command('hint <kata>')
    .description('a hint; the next level says more')
    .option('--level <1-3>', 'how much to say (default: one more than last time)', wholeNumber('--level', 1, 3))
    .addHelpText('after', example('hint 1.5', 'hint 1.5 --level 2'))
    .action((name: string, { level }) =>
      choose(async (terminal) => (await import('./hint.ts')).hint(root, { name, level }, terminal)),
    );
  program
    .command('compare <kata>')
    .description('your file beside the solution, and both on the same incident')
    .option('--yes', 'even if your kata is still red')
    .addHelpText('after', example('compare 1.5'))
    .action((name: string, { yes = false }) =>
      choose(async (terminal) => (await import('./compare.ts')).compare(root, { name, yes }, terminal)),
    );
  program
    .command('reset <kata>')
    .description('the pristine starter back; a copy of your file is kept')
    .addHelpText('after', example('reset 1.5'))
    .action((name: string) => choose(async (terminal) => (await import('./reset.ts')).reset(root, { name }, terminal)));
  program
    .command('ask <question>')
    .description("put a question to a model of yours, through group 5's katas as they stand; not graded")
    .option('--tenant <name>', 'who asks (default: one on the newest major)')
    .option('--admin', 'as somebody who may read the admin pages')
    .option('--prompt', 'show what would be sent, and send nothing')
    .addHelpText('after', example('ask "How large may a body be?" --tenant northwind', 'ask "…" --prompt'))
    .action((text: string, { tenant, admin = false, prompt = false }) =>
      choose(async (terminal) => (await import('./ask.ts')).ask(root, { text, tenant, admin, prompt }, terminal)),
    );
  program
    .command('doctor')
    .description('what on this machine or in this tree must be mended')
    .addHelpText('after', example('doctor'))
    .action(() => choose(async (terminal) => (await import('./doctor.ts')).doctor(root, terminal)));
}

function progressCommands(program: Command, root: string, choose: (act: Act) => void): void {
  program
    .command('next')
    .description('take up what is next in the recommended order')
    .option('--once', 'run once and leave')
    .option('--json', 'results as JSON')
    .addHelpText('after', example('next', 'next --once'))
    .action(({ once = false, json = false, verbose = false }) =>
      choose(async (terminal) => (await import('./next.ts')).next(root, { once, json, verbose, seed: null }, terminal)),
    );
  program
    .command('report')
    .description('where you stand and how you got there')
    .addOption(new Option('--format <format>', 'how to write it').choices(['text', 'md', 'html', 'json', 'junit']))
    .option('--out <file>', 'into a file, whose ending may say the format')
    .option('--receipt <receipt>', 'hold the history against the receipt of an earlier report')
    .addHelpText('after', example('report', 'report --out report.html', 'report --format junit --out kata.xml'))
    .action(({ format, out, receipt }) =>
      choose(async (terminal) => (await import('./report.ts')).report(root, { format, out, receipt }, terminal)),
    );
  program
    .command('history <kata>')
    .description('everything that was done on one kata')
    .option('--json', 'the events as JSON lines')
    .addHelpText('after', example('history 1.5', 'history 1.5 --json'))
    .action((name: string, { json = false }) =>
      choose(async (terminal) => (await import('./history.ts')).history(root, { name, json }, terminal)),
    );
}

function authorsCommands(program: Command, root: string, choose: (act: Act) => void): void {
  program
    .command('try <kata>')
    .description('grade any file as the answer to a kata, against the pristine suite')
    .requiredOption('--with <path>', 'the answer')
    .option('--seed <n>', 'play this seed only', seed)
    .option('--seeds <n>', 'play so many seeds (10)', seeds)
    .option('--json', 'the verdict as JSON')
    .addHelpText('after', example('try 1.5 --with ~/retry.ts', 'try 1.5 --with answer.ts --seeds 100 --json'))
    .action((name: string, { json = false, verbose = false, ...options }) =>
      choose(async (terminal) =>
        (await import('./try.ts')).tryAnswer(root, { name, json, verbose, with: options.with, ...options }, terminal),
      ),
    );
  program
    .command('verify [names...]')
    .description("the author's check: starters red, solutions green, wrong answers refused, recordings true")
    .option('--seeds <n>', 'play so many seeds (10)', seeds)
    .option('--json', 'what was found as JSON')
    .option('--write-digests', 'note suites, recordings and starters as they are now')
    .addHelpText('after', example('verify group1', 'verify 1.5 --seeds 100', 'verify --json'))
    .action((names: string[], { json = false, writeDigests = false, ...options }) =>
      choose(async (terminal) =>
        (await import('./verify.ts')).verify(root, { names, json, writeDigests, seeds: options.seeds }, terminal),
      ),
    );
  program
    .command('record <groups...>')
    .description('record the incidents of groups again from their scripts, on the starters')
    .addHelpText('after', example('record group1'))
    .action((names: string[]) =>
      choose(async (terminal) => (await import('./record.ts')).record(root, names, terminal)),
    );
  program
    .command('self-test')
    .description('everything that must hold in this repository (pnpm test)')
    .action(() => choose(async (terminal) => (await import('./self-test.ts')).selfTest(root, terminal)));
}
