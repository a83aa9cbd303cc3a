import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import * as v from 'valibot';
import type { Kata } from '../../catalogue/catalogue.ts';
import type { Problem } from '../../kernel/problem.ts';
import { saysOwnEngine } from './own-engine.ts';

export type Role = 'starter' | 'solution' | 'wrong' | 'alsoRight';

/** One answer that an author left with a kata. */
export interface AuthoredAnswer {
  kata: Kata;
  role: Role;
  /** As reported: 'wrong/never-forgets.ts', 'wrong/patches.json#counts-quota'. */
  file: string;
  /** Absolute path of what is graded. */
  subject: string;
  /** It starts an engine, and is graded apart from the others. */
  ownEngine?: boolean;
}

/** The answers under solutions/ to one kata; patches are applied into `scratch`. */
export function answersTo(
  kata: Kata,
  root: string,
  scratch: string,
): { answers: AuthoredAnswer[]; problems: Problem[] } {
  const fixed = [
    { kata, role: 'starter' as const, file: 'starter.ts', subject: kata.starter },
    { kata, role: 'solution' as const, file: 'kata.ts', subject: kata.solution },
  ].filter(({ subject }) => existsSync(subject));
  const files = [
    ...filesIn(kata, 'wrong').map((answer) => ({ ...answer, role: 'wrong' as const })),
    ...filesIn(kata, 'also-right').map((answer) => {
      return { ...answer, role: 'alsoRight' as const, ownEngine: saysOwnEngine(answer.subject) };
    }),
  ];
  const patches = patchedSolutions(kata, root, scratch);
  return { answers: [...fixed, ...files, ...patches.answers], problems: patches.problems };
}

function filesIn(kata: Kata, folder: string): { kata: Kata; file: string; subject: string }[] {
  const path = join(kata.solutionFolder, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => ({ kata, file: `${folder}/${name}`, subject: join(path, name) }));
}

const text = v.pipe(v.string(), v.nonEmpty());
const patchSchema = v.array(v.strictObject({ name: text, reason: text, find: text, replace: v.string() }));

function patchedSolutions(kata: Kata, root: string, scratch: string): ReturnType<typeof answersTo> {
  const path = join(kata.solutionFolder, 'wrong', 'patches.json');
  const answers: AuthoredAnswer[] = [];
  const problems: Problem[] = [];
  if (!existsSync(path) || !existsSync(kata.solution)) return { answers, problems };
  const file = relative(root, path);
  const source = readFileSync(path, 'utf8');
  const patches = readPatches(source);
  if (!patches) {
    const message = 'is not a list of { name, reason, find, replace }';
    return { answers, problems: [{ file, message, remedy: 'CONTRIBUTING.md shows one.' }] };
  }
  const solution = readFileSync(kata.solution, 'utf8');
  mkdirSync(join(scratch, kata.slug), { recursive: true });
  for (const { name, find, replace } of patches) {
    const times = solution.split(find).length - 1;
    if (times !== 1) {
      const line = source.split('\n').findIndex((line) => line.includes(`"${name}"`)) + 1;
      const message = `"${name}": its find occurs ${times} times in the solution`;
      problems.push({ file, line, message, remedy: 'It must occur exactly once.' });
      continue;
    }
    const subject = join(scratch, kata.slug, `${name}.ts`);
    writeFileSync(
      subject,
      solution.replace(find, () => replace),
    );
    answers.push({ kata, role: 'wrong', file: `wrong/patches.json#${name}`, subject });
  }
  return { answers, problems };
}

function readPatches(source: string): v.InferOutput<typeof patchSchema> | undefined {
  try {
    return v.parse(patchSchema, JSON.parse(source));
  } catch {
    return undefined;
  }
}
