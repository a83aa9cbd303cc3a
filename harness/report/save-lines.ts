import type { BehaviourResult, Verdict } from '../grading/verdict.ts';
import { brokenRules, type KataHead, kataLine, whyRed } from './kata-lines.ts';
import { inkOf, type Screen } from './screen.ts';
import { paragraph } from './text.ts';

/**
 * What a save did to a kata: its line, the rules that hold now or no longer do, and the first broken rule with what
 * broke it. `before` is the verdict on what was there before the save.
 */
export function saveLines(head: KataHead, verdict: Verdict, before: Verdict | undefined, screen: Screen): string[] {
  const ink = inkOf(screen);
  const was = new Map((before?.behaviours ?? []).map((rule) => [rule.id, rule]));
  const moved = (now: boolean) =>
    verdict.behaviours.filter((rule) => rule.passed === now && was.get(rule.id)?.passed === !now);
  const named = (sign: string, rules: BehaviourResult[], dye: (text: string) => string) =>
    rules.flatMap(({ title }) => paragraph(title, screen.columns, `    ${sign} `).map(dye));
  const [first] = brokenRules(verdict);
  const broken = first ? paragraph(first.title, screen.columns, '    ✗ ') : [];
  return [
    kataLine(head, verdict, screen),
    ...named('+', moved(true), ink.good),
    ...named(
      '-',
      moved(false).filter((rule) => rule !== first),
      ink.bad,
    ),
    ...(verdict.error === undefined ? broken : []),
    ...whyRed(verdict, screen),
    ...restLine(verdict),
  ];
}

function restLine(verdict: Verdict): string[] {
  const more = brokenRules(verdict).length - 1;
  if (verdict.error !== undefined || more < 1) return [];
  return [`    and ${more} more ${more === 1 ? 'rule' : 'rules'} of ${verdict.behaviours.length} broken`];
}
