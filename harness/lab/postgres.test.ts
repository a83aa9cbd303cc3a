import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../kit/testing/own-lab.ts';

const command = fileURLToPath(new URL('./testing/hold-postgres.js', import.meta.url));

interface Holder {
  child: ChildProcess;
  started: string;
  me: string;
  where: string;
  supervisor: number;
}

/** A command that uses the Postgres of that folder for temporary files, which stays for a tenth of a second after. */
async function hold(temporary: string, lingerMs = 100): Promise<Holder> {
  const env = { ...process.env, TMPDIR: temporary, KATA_LAB_LINGER_MS: String(lingerMs), DATABASE_URL: '' };
  const child = spawn(process.execPath, [command], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (text: Buffer) => resolve(String(text)));
    child.once('exit', (code) => reject(new Error(`it ended with ${code}`)));
  });
  return { child, ...(JSON.parse(line) as Omit<Holder, 'child'>) };
}

/** An empty cluster takes half a second to make. */
const temporary = temporaryFolder();

const labIn = (temporary: string) => readdirSync(temporary).filter((name) => name.startsWith('katas-'));
const runsIn = (temporary: string) =>
  labIn(temporary).flatMap((lab) => readdirSync(join(temporary, lab)).filter((name) => name.startsWith('run-')));

async function until(holds: () => boolean): Promise<void> {
  for (let n = 0; !holds() && n < 400; n++) await sleep(25);
  expect(holds()).toBe(true);
}

const lives = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
const kill = ({ child }: Holder) => child.kill('SIGKILL');

test('commands at once share one server, which goes on when one is killed and ends with the last', async () => {
  const [one, two] = await Promise.all([hold(temporary), hold(temporary)]);
  expect(two).toMatchObject({ started: one.started, supervisor: one.supervisor, me: 'kata' });
  kill(one);
  await sleep(300);
  expect((await hold(temporary)).started).toBe(one.started);
  expect(runsIn(temporary)).toHaveLength(1);
});

test('it stays for a while after the last command, and leaves nothing but an empty cluster', async () => {
  const one = await hold(temporary, 3_000);
  kill(one);
  const two = await hold(temporary);
  expect(two.started).toBe(one.started);
  kill(two);
  await until(() => !lives(one.supervisor));
  expect(runsIn(temporary)).toEqual([]);
  const next = await hold(temporary);
  expect(next.started).not.toBe(one.started);
});

test('Postgres ends with its supervisor, however that ends, and the next command gets another', async () => {
  const one = await hold(temporary);
  process.kill(one.supervisor, 'SIGKILL');
  const two = await hold(temporary);
  expect(two.supervisor).not.toBe(one.supervisor);
  expect(runsIn(temporary)).toHaveLength(1);
});

test('a cluster that lost files is made anew', async () => {
  const one = await hold(temporary);
  kill(one);
  await until(() => !lives(one.supervisor));
  rmSync(join(temporary, labIn(temporary)[0] as string, 'empty', 'global'), { recursive: true });
  expect((await hold(temporary)).me).toBe('kata');
});

test('where the path of a socket would be too long, it is reached by TCP', async () => {
  const { where, me } = await hold(temporaryFolder('a-very-long-name-for-a-folder'.repeat(3)));
  expect(where).toMatch(/on 127\.0\.0\.1:\d+$/);
  expect(me).toBe('kata');
});
