import { findNodeAtLocation, type ParseError, parse, parseTree, printParseErrorCode } from 'jsonc-parser';
import * as v from 'valibot';
import type { Problem } from '../kernel/problem.ts';
import type { KataFacts } from './catalogue.ts';

const text = v.pipe(v.string('must be a text'), v.trim(), v.nonEmpty('is empty'));
const texts = v.array(text, 'must be a list of texts');

const schema = v.strictObject({
  id: v.pipe(v.string('must be a text'), v.regex(/^\d+\.\d+$/, 'must look like "1.5"')),
  pattern: text,
  title: text,
  objective: text,
  outOfScope: texts,
  hints: v.strictTuple([text, text, text], 'must be three texts'),
  points: v.pipe(
    v.record(
      v.string(),
      v.pipe(v.number('must be a number'), v.integer('must be whole'), v.minValue(1, 'must be ≥ 1')),
    ),
    v.check((points) => 'incident' in points && 'trade-off' in points, 'must name "incident" and "trade-off"'),
  ),
  allow: v.array(
    v.pipe(
      text,
      v.check(
        (name) => !name.startsWith('.') && !name.startsWith('/'),
        'must be a library or a node: module, not a path',
      ),
    ),
  ),
  references: texts,
  recording: v.optional(v.picklist(['slice', 'own'], 'must be "slice" or "own"'), 'slice'),
});

/** Reads kata.json's text. Either the facts, or one problem with the line it is on. */
export function parseKataFacts(file: string, source: string): { facts: KataFacts } | { problem: Problem } {
  const errors: ParseError[] = [];
  const json: unknown = parse(source, errors);
  const [error] = errors;
  if (error) {
    const message = `is not JSON: ${printParseErrorCode(error.error)}`;
    return { problem: { file, line: lineAt(source, error.offset), message, remedy: 'Mend the syntax there.' } };
  }
  const result = v.safeParse(schema, json);
  if (result.success) return { facts: result.output as KataFacts };
  const [issue] = result.issues;
  const path = pathOf(issue);
  return {
    problem: {
      file,
      line: lineOf(source, path),
      message: `${path.length === 0 ? 'the file' : `"${path.join('.')}"`} ${describe(issue)}`,
      remedy: 'CONTRIBUTING.md lists what kata.json holds.',
    },
  };
}

/** Where it is wrong; a third hint that isn't there is a fault of the list. */
function pathOf(issue: v.BaseIssue<unknown>): (string | number)[] {
  const path = (issue.path ?? []).map(({ key }) => key as string | number);
  return path[0] === 'hints' && issue.received === 'undefined' ? ['hints'] : path;
}

function describe(issue: v.BaseIssue<unknown>): string {
  if (issue.type === 'strict_object' && issue.expected === 'never') return 'is not a field of kata.json';
  if (issue.type === 'strict_object' && issue.received === 'undefined') return 'is missing';
  if (issue.type === 'strict_tuple' || pathOf(issue).join() === 'hints') return 'must be three texts';
  return issue.message;
}

/** The line of a value, or of the nearest one around it where it is missing. */
function lineOf(source: string, path: (string | number)[]): number {
  const tree = parseTree(source);
  for (let length = path.length; tree && length >= 0; length--) {
    const node = findNodeAtLocation(tree, path.slice(0, length));
    if (node) return lineAt(source, node.offset);
  }
  return 1;
}

function lineAt(source: string, offset: number): number {
  return source.slice(0, offset).split('\n').length;
}
