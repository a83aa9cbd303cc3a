import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const main = join(import.meta.dirname, 'main.js');

function kata(...argv: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...argv], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

test.each([
  [['gruop1'], 'GROUP_UNKNOWN', /Did you mean group1/],
  [['try', '1.8', '--with', '/nowhere.ts'], 'ANSWER_MISSING', /\/nowhere.ts is not a file/],
  [['try', '1.8'], 'OPTION_INVALID', /--with/],
  [['verify', '--seeds', 'ten'], 'OPTION_INVALID', /whole number from 1/],
  [['list', '--jsno'], 'OPTION_INVALID', /--jsno/],
])('%j is refused in one line', (argv, code, message) => {
  const { status, stdout, stderr } = kata(...argv);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(new RegExp(`^${code}: [^\\n]+\\n$`));
  expect(stderr).toMatch(message);
});

test('a Node that is too old gets a sentence', () => {
  const old = 'data:text/javascript,Object.defineProperty(process.versions,"node",{value:"18.20.4"})';
  const { status, stderr } = spawnSync(process.execPath, ['--import', old, main, 'list'], { encoding: 'utf8' });
  expect(status).toBe(2);
  expect(stderr).toMatch(/^NODE_TOO_OLD: Node 18.20.4 .*20.19 or later[^\n]*\n$/);
});

test('every command explains itself, with an example', () => {
  const { status, stdout } = kata('--help');
  expect(status).toBe(0);
  for (const command of ['run', 'list', 'incident', 'hint', 'compare', 'reset', 'doctor', 'try', 'verify', 'record']) {
    expect(stdout).toContain(`  ${command} `);
  }
  expect(kata('try', '--help').stdout).toContain('pnpm kata try 1.5 --with');
});
