import type { Verdict } from '../grading/verdict.ts';
import { inkOf, type Screen } from './screen.ts';
import { paragraph, printable } from './text.ts';

/** One answer's verdict: what was kept, which rules broke and on which seed. */
export function tryLines(
  kata: { id: string; title: string; points: Record<string, number> },
  verdict: Verdict,
  screen: Screen,
  verbose: boolean,
): string[] {
  const ink = inkOf(screen);
  const total = Object.values(kata.points).reduce((sum, points) => sum + points, 0);
  const word = verdict.verdict === 'pass' ? ink.good('pass') : ink.bad(verdict.verdict);
  const head = `${kata.id} ${kata.title}`;
  const seeds = verdict.seeds.length === 1 ? `seed ${verdict.seeds[0]}` : `${verdict.seeds.length} seeds`;
  const foot = `${word}  ${verdict.score} of ${total} points, ${seeds}, ${(verdict.durationMs / 1000).toFixed(1)} s`;
  const width = screen.columns;
  return [
    ...paragraph(head, width, '').map((line) => ink.strong(line)),
    ...(verdict.error === undefined ? [] : paragraph(printable(verdict.error), width, '  ')),
    ...verdict.behaviours.flatMap((behaviour) => {
      const { passed, skipped, title, message, event, seed } = behaviour;
      const state = passed ? 'green' : skipped ? 'open ' : 'red  ';
      const line = paragraph(`${title} (${behaviour.points})`, width, `  ${state}  `);
      if (passed || skipped) return line;
      const where = [
        event === null ? null : `event ${event}`,
        seed === 'recorded' ? 'as recorded' : seed === null ? null : `--seed ${seed}`,
      ].filter((part) => part !== null);
      const told = `${printable(message ?? '')}${where.length > 0 ? ` (${where.join(', ')})` : ''}`;
      return [...line.map((text) => text.replace(state, ink.bad(state))), ...paragraph(told, width, '         ')];
    }),
    ...(verbose && verdict.output ? ['', 'It printed:', ...paragraph(printable(verdict.output), width, '  ')] : []),
    foot,
  ];
}
