/** One import specifier in a source text. */
interface Import {
  specifier: string;
  /** From 1. */
  line: number;
}

/** What is said of the first import that an answer may not have; null where all are allowed. */
export function refusedImport(file: string, source: string, allow: readonly string[]): string | null {
  const refused = importsOf(source).find(({ specifier }) => !isAllowed(specifier, allow));
  if (!refused) return null;
  const allowed = ['#answerdesk/…', ...allow].join(', ');
  const relative = /^[./]|^file:/.test(refused.specifier) ? 'an answer is one file; it' : 'an answer to this kata';
  return `${file}:${refused.line} imports '${refused.specifier}': ${relative} may import ${allowed}`;
}

/** '#answerdesk/…', and what kata.json allows, or a path within it (`p-retry/index.js`). */
function isAllowed(specifier: string, allow: readonly string[]): boolean {
  if (specifier.startsWith('#answerdesk/')) return !specifier.includes('..');
  const plain = specifier.replace(/^node:/, '');
  return allow.some((name) => specifier === name || plain === name || specifier.startsWith(`${name}/`));
}

const STATIC = /^[ \t]*(?:import|export)\b(?!\s+type\b)[^;'"`]*?\bfrom\s*(['"])(?<from>[^'"\n]+)\1/gm;
const BARE = /^[ \t]*import\s*(['"])(?<bare>[^'"\n]+)\1/gm;
const DYNAMIC = /\bimport\s*\(\s*(['"`])(?<dynamic>[^'"`\n]+)\1/g;

function importsOf(source: string): Import[] {
  const code = withoutComments(source);
  return [STATIC, BARE, DYNAMIC]
    .flatMap((pattern) => [...code.matchAll(pattern)])
    .map((match) => {
      const specifier = match.groups?.['from'] ?? match.groups?.['bare'] ?? match.groups?.['dynamic'] ?? '';
      const at = match.index + match[0].lastIndexOf(specifier);
      return { specifier, line: code.slice(0, at).split('\n').length };
    })
    .sort((a, b) => a.line - b.line);
}

/** Blanks out comments and keeps every line where it was. Good enough for imports, which precede odd string content. */
function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|(?<![:'"`\\])\/\/[^\n]*/g, (comment) => comment.replace(/[^\n]/g, ' '));
}

/**
 * The values that a suite takes from its answer: `import { protect, type Policy } from './kata.ts'` gives `protect`, and
 * so does `kata.protect` after `import * as kata`.
 */
export function namesTakenFrom(suite: string, specifier: string): string[] {
  const from = `\\s*from\\s*['"]${specifier.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}['"]`;
  const named = [...suite.matchAll(new RegExp(`import\\s*\\{([^}]*)\\}${from}`, 'g'))]
    .flatMap((match) => (match[1] ?? '').split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('type '))
    .map((name) => name.split(/\s+as\s+/)[0] ?? name);
  const members = [...suite.matchAll(new RegExp(`import\\s*\\*\\s*as\\s+(\\w+)${from}`, 'g'))].flatMap((match) =>
    [...suite.matchAll(new RegExp(`(?<![\\w./-])${match[1]}\\.(\\w+)`, 'g'))].map((member) => member[1] ?? ''),
  );
  return [...new Set([...named, ...members])];
}
