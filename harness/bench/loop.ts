import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCatalogue } from '../catalogue/load.ts';
import { selectKata } from '../catalogue/select.ts';
import { run } from '../commands/run.ts';
import type { Terminal } from '../commands/terminal.ts';
import { ratioLine, type Times, timed, timesLine } from './times.ts';

const ROUNDS = 5;
const VITEST = ['node_modules/vitest/vitest.mjs', '--config', 'vitest.workspace.ts', '--project', 'katas'];

/** The learner's loop against bare Vitest on the same files, in one run. `--saves` leaves the cold runs out, `--verify` times the author's check too. */
export async function bench(root: string, options: string[]): Promise<void> {
  if (!options.includes('--saves')) {
    const cold = await coldGroup(root);
    console.log([...cold.map(timesLine), ratioLine(...cold, 1.25)].join('\n'));
  }
  const saves = await saveToVerdict(root);
  console.log([...saves.map(timesLine), ratioLine(...saves, 0.8)].join('\n'));
  if (!options.includes('--verify')) return;
  for (const [seeds, aim] of [
    [5, 60],
    [100, 300],
  ] as const) {
    const ms = await timed(() => ended(start(root, ['harness/main.js', 'verify', 'group1', '--seeds', String(seeds)])));
    console.log(`verify group1 --seeds ${seeds}: ${Math.round(ms / 1000)} s, aimed at ≤ ${aim} s`);
  }
}

/** From nothing to all verdicts of group 1, in a process of its own each time; ours also replays the incident. */
async function coldGroup(root: string): Promise<[ours: Times, theirs: Times]> {
  const ours: Times = { what: 'pnpm kata group1 --once', ms: [] };
  const theirs: Times = { what: 'vitest run, the same files', ms: [] };
  for (let round = 0; round < ROUNDS; round++) {
    const suites = 'katas/group01-the-answers-stopped';
    theirs.ms.push(await timed(() => ended(start(root, [...VITEST, 'run', suites]))));
    ours.ms.push(await timed(() => ended(start(root, ['harness/main.js', 'group1', '--once']))));
  }
  return [ours, theirs];
}

/** From the save of one kata's file to its verdict on the screen, both watching. */
async function saveToVerdict(root: string): Promise<[ours: Times, theirs: Times]> {
  const kata = selectKata(loadCatalogue(root), '1.8');
  const before = readFileSync(kata.file, 'utf8');
  const save = (round: number) => writeFileSync(kata.file, `${before}// save ${round}\n`);
  // However it ends, the learner's file is as it was.
  process.once('exit', () => writeFileSync(kata.file, before));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  try {
    return [await ourWatch(root, save), await bareWatch(root, kata.suite, save)];
  } finally {
    writeFileSync(kata.file, before);
  }
}

async function ourWatch(root: string, save: (round: number) => void): Promise<Times> {
  const times: Times = { what: 'a save to its verdict, pnpm kata 1.8', ms: [] };
  const leave = new AbortController();
  const screen = lines();
  const terminal: Terminal = {
    screen: { columns: 80, colour: false },
    interactive: true,
    print: (printed) => screen.add(printed.join('\n')),
    status: () => {},
    ask: async () => '',
    signal: leave.signal,
  };
  const command = { names: ['1.8'], once: false, verbose: false, json: false, seed: null };
  const running = run(root, command, terminal).catch(() => {});
  await screen.shows(/Waiting for a save/);
  for (let round = 0; round < ROUNDS; round++) {
    times.ms.push(await timed(() => screen.after(() => save(round), /1\.8 .*(red|green)/)));
    await pause(6_000); // the replay of the incident follows the verdict
  }
  leave.abort();
  await running;
  return times;
}

async function bareWatch(root: string, suite: string, save: (round: number) => void): Promise<Times> {
  const times: Times = { what: 'a save to its verdict, vitest --watch', ms: [] };
  const child = start(root, [...VITEST, '--watch', suite.slice(root.length + 1)]);
  const screen = lines();
  child.stdout?.on('data', (chunk: Buffer) => screen.add(chunk.toString()));
  try {
    await screen.shows(/for file changes/);
    for (let round = 0; round < ROUNDS; round++) {
      times.ms.push(await timed(() => screen.after(() => save(round + ROUNDS), /Duration/)));
      await pause(1_000);
    }
  } finally {
    child.kill();
  }
  return times;
}

/** What is printed from now on, and a wait for something in it. */
function lines() {
  let waiting: { pattern: RegExp; seen: () => void } | undefined;
  let text = '';
  return {
    add(printed: string): void {
      text += `${printed}\n`;
      if (waiting?.pattern.test(text)) waiting.seen();
    },
    shows(pattern: RegExp): Promise<void> {
      return this.after(() => {}, pattern);
    },
    after(cause: () => void, pattern: RegExp): Promise<void> {
      text = '';
      cause();
      return new Promise((resolve) => {
        waiting = { pattern, seen: resolve };
      });
    },
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function start(root: string, args: string[]): ChildProcess {
  const env = { ...process.env, NO_COLOR: '1', CI: '' };
  return spawn(process.execPath, [join(root, args[0] ?? ''), ...args.slice(1)], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/** Its output is read to the end, or a full pipe would stop it. */
const ended = (child: ChildProcess) =>
  new Promise((resolve) => {
    child.stdout?.resume();
    child.once('close', resolve);
  });
