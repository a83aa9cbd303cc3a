const STANDARD = /\b(current_timestamp|current_date|current_time|localtimestamp|localtime)\b/i;
const SPECIAL_INPUT =
  /\b(?:timestamptz|timestamp|date)\s*'\s*(?:now|today|tomorrow|yesterday)\b|'\s*(?:now|today|tomorrow|yesterday)\s*'\s*::\s*(?:timestamp|date)/i;
const CATALOGUE = /\bpg_catalog\s*\.\s*"?(?:now|clock_timestamp|statement_timestamp|transaction_timestamp)\b/i;
const SLEEP = /\bpg_sleep\w*\s*\(/i;

/**
 * Why a statement can't be run in a scene, or null. `now()` and its likes are functions, which a schema can have its own
 * of; the standard's CURRENT_TIMESTAMP is grammar, and would tell the machine's time.
 */
export function whyRefused(text: string): string | null {
  const code = withoutComments(text);
  const special = SPECIAL_INPUT.exec(code)?.[0];
  if (special !== undefined) return `${special} is the machine's time: write now()`;
  const bare = withoutTexts(code);
  const standard = STANDARD.exec(bare)?.[0];
  if (standard !== undefined) return `${standard} is the machine's time: write now()`;
  if (CATALOGUE.test(bare)) return "pg_catalog has the machine's time: write now() without a schema";
  if (SLEEP.test(bare)) return 'pg_sleep waits for real: wait outside of the database';
  return null;
}

const ROWS_ONLY =
  /^\s*(?:select|insert|update|delete|merge|values|with|table|begin|start|commit|end|rollback|abort|savepoint|release|lock|set|show|$)/i;
const SELECT_INTO = /\bselect\b.*\binto\b/is;

/** Whether a text may change more than rows, so that its schema is not as it was. In doubt it may. */
export function mayChangeSchema(text: string): boolean {
  const statements = withoutTexts(withoutComments(text)).split(';');
  return statements.some(
    (statement) =>
      !ROWS_ONLY.test(statement) || SELECT_INTO.test(statement.replace(/\b(?:insert|merge)\s+into\b/gi, '')),
  );
}

/** Whether advisory locks are named, which all schemas of a database have in common. */
export const namesAdvisoryLocks = (text: string): boolean => /\bpg_(?:try_)?advisory_/i.test(text);

const withoutComments = (text: string) => text.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, ' ');
/** Literals and quoted names may say anything. */
const withoutTexts = (text: string) => text.replace(/'(?:[^']|'')*'|"[^"]*"|\$(\w*)\$[\s\S]*?\$\1\$/g, ' ');
