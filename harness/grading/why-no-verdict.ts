import { stripVTControlCharacters } from 'node:util';
import type { TestModule } from 'vitest/node';
import { firstLine } from './read-module.ts';
import { REFUSED } from './subject-plugin.ts';
import type { BehaviourResult } from './verdict.ts';

const EXITED = /process\.exit unexpectedly called with "?([^"]*)"?/;

/**
 * Why there is no verdict on behaviours, in one line with file and line; undefined where there is one.
 * `subjects` are the absolute paths of the answers, `shown` makes a path readable. Pure.
 */
export function whyNoVerdict(
  module: TestModule,
  behaviours: readonly BehaviourResult[],
  subjects: readonly string[],
  shown: (file: string) => string,
): string | undefined {
  const errors = module.errors() as readonly ModuleError[];
  const said = [...errors, ...behaviours].map(({ message }) => message ?? '');
  const exit = said.map((message) => EXITED.exec(message)?.[1]).find((code) => code !== undefined);
  if (exit !== undefined) {
    const who = subjects.length === 1 ? shown(subjects[0] ?? '') : 'one of the answers';
    return `${who} called process.exit(${exit}); an answer only returns or throws`;
  }
  const [error] = errors;
  return error && loadError(error, module.moduleId, subjects, shown);
}

/** What Vitest hands over of an error that was thrown while a suite was loaded. */
interface ModuleError {
  name?: string;
  message: string;
  stacks?: { file: string; line: number }[];
  /** Set where a file could not be compiled. */
  __vitest_rollup_error__?: { id?: string; loc?: { line: number; column: number } };
}

function loadError(
  error: ModuleError,
  suite: string,
  subjects: readonly string[],
  shown: (file: string) => string,
): string {
  const message = stripVTControlCharacters(error.message);
  if (message.startsWith(REFUSED)) return message.slice(REFUSED.length);
  const compiling = error.__vitest_rollup_error__?.id;
  if (compiling !== undefined) return `${shown(compiling)}${compilerSays(message)}`;
  const guilty = error.stacks?.find(({ file }) => subjects.includes(file));
  if (guilty)
    return `${shown(guilty.file)}:${guilty.line} throws when it is imported: ${error.name}: ${firstLine(message)}`;
  return `${shown(suite)} could not be loaded: ${firstLine(message)}`;
}

/** `:2:13 does not compile: Unexpected token`, from the compiler's drawing. */
function compilerSays(message: string): string {
  const [, position = ''] = /\[ [^\]\n]*?(:\d+:\d+) \]/.exec(message) ?? [];
  const [, what = firstLine(message)] = /\[[A-Z_]+\] ?(.*)/.exec(message) ?? [];
  return `${position} does not compile: ${what}`;
}
