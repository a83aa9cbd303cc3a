import { type Ink, inkOf, type Screen } from './screen.ts';
import { padEnd, paragraph } from './text.ts';

/** One thing that `doctor` looked at. `mend` must be mended, `note` is good to know. */
export interface Check {
  name: string;
  state: 'ok' | 'note' | 'mend';
  /** What was found. */
  found: string;
  /** What to do; with `mend` always there. */
  remedy?: string;
}

export function checkLines(checks: readonly Check[], screen: Screen): string[] {
  const ink = inkOf(screen);
  const longest = Math.max(0, ...checks.map(({ name }) => name.length));
  const mend = checks.filter(({ state }) => state === 'mend').length;
  return [
    ...checks.flatMap((check) => {
      const text = check.remedy ? `${check.found}. ${check.remedy}` : check.found;
      const lead = `${padEnd(check.state, 4)}  ${padEnd(check.name, longest)}  `;
      return paragraph(text, screen.columns, lead).map((line) => line.replace(lead, dyed(check, lead, ink)));
    }),
    '',
    mend === 0 ? 'Nothing to mend.' : `${mend} of ${checks.length} must be mended.`,
  ];
}

const dyed = ({ state }: Check, lead: string, ink: Ink) =>
  state === 'ok' ? ink.good(lead) : state === 'mend' ? ink.bad(lead) : ink.faint(lead);
