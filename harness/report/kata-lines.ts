import type { BehaviourResult, Verdict } from '../grading/verdict.ts';
import { count } from './figures.ts';
import { type Ink, inkOf, type Screen } from './screen.ts';
import { fit, padEnd, padStart, paragraph, printable } from './text.ts';

/** What a line needs to know of a kata; `points` is the most there is to get. */
export interface KataHead {
  id: string;
  title: string;
  pattern: string;
  points: number;
}

const MARGIN = ' '.repeat(10);

/** The word of a verdict. Only `green` is green. */
export function stateOf({ verdict }: Verdict): 'green' | 'red' | 'error' | 'timeout' {
  if (verdict === 'pass') return 'green';
  return verdict === 'fail' ? 'red' : verdict;
}

/** `✗ 1.8   Asking a dead model, 270 times                8/14  red`; where there is room the pattern too. */
export function kataLine(head: KataHead, verdict: Verdict, screen: Screen): string {
  const ink = inkOf(screen);
  const state = stateOf(verdict);
  const dye = state === 'green' ? ink.good : ink.bad;
  const score = padStart(`${verdict.score}/${head.points}`, 6);
  const room = Math.min(screen.columns - 10 - 6 - 2 - 7 - 2, 92);
  const title = titleOf(head, room, ink);
  return `  ${dye(state === 'green' ? '✓' : '✗')} ${padEnd(head.id, 6)}${title}  ${score}  ${dye(state)}`;
}

function titleOf({ title, pattern }: KataHead, room: number, ink: Ink): string {
  if (room < 80) return padEnd(fit(title, room), room);
  return padEnd(fit(title, room - 32), room - 30) + ink.faint(padEnd(fit(pattern, 30), 30));
}

/** The rules that were broken, in the order of the suite. */
export function brokenRules({ behaviours }: Verdict): BehaviourResult[] {
  return behaviours.filter(({ passed, skipped }) => !passed && !skipped);
}

/** Why a kata isn't green, short: the first broken rule as the suite says it, and the event that shows it. */
export function whyRed(verdict: Verdict, screen: Screen): string[] {
  if (verdict.error !== undefined) return paragraph(printable(verdict.error), screen.columns, MARGIN);
  const [first] = brokenRules(verdict);
  return first ? paragraph(ruleText(first), screen.columns, MARGIN) : [];
}

/** The message, with the event and the seed where it doesn't name them itself. */
function ruleText({ message, event, seed, kind, title }: BehaviourResult): string {
  const said = printable(message ?? title);
  const named = event === null || new RegExp(`event ${event}\\b`).test(said);
  const found = [
    ...(named ? [] : [`event ${event}`]),
    ...(typeof seed === 'number' ? [`seed ${seed}`] : []),
    ...(kind === 'crash' ? ['crashed'] : []),
    ...(kind === 'stuck' ? ['stuck'] : []),
  ];
  return found.length > 0 ? `${said} [${found.join(', ')}]` : said;
}

/** Every rule of one kata with its points; what broke is said under each red one, or under the first only. */
export function rulesOf(verdict: Verdict, screen: Screen, say: 'first' | 'all' = 'first'): string[] {
  if (verdict.error !== undefined) return whyRed(verdict, screen);
  const ink = inkOf(screen);
  const [first] = brokenRules(verdict);
  const lines = verdict.behaviours.flatMap((rule) => {
    const sign = rule.passed ? ink.good('✓') : rule.skipped ? '–' : ink.bad('✗');
    const points = `${rule.passed ? rule.points : 0}/${rule.points}`;
    const [head = '', ...more] = paragraph(rule.title, screen.columns - 8, `    ${sign} `);
    const said = !rule.passed && !rule.skipped && (say === 'all' || rule === first);
    return [
      `${padEnd(head, screen.columns - 8)}${padStart(points, 6)}`,
      ...more,
      ...(said ? paragraph(ruleText(rule), screen.columns, MARGIN).map(ink.bad) : []),
    ];
  });
  const skipped = verdict.behaviours.filter((rule) => rule.skipped).length;
  return skipped > 0
    ? [...lines, `    – ${count(skipped, 'rule')} not looked at: the first red one ends the run`]
    : lines;
}
