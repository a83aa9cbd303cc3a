import { inkOf, type Screen } from './screen.ts';
import { paragraph, printable } from './text.ts';

/** What came of a question that was put to a live model. */
export interface LiveAnswer {
  answer:
    | { abstained: true; reason: string; dropped: readonly string[] }
    | {
        abstained: false;
        claims: readonly { text: string; citations: readonly object[] }[];
        dropped: readonly string[];
      };
  /** The tenant's major. */
  major: number;
  messages: readonly { role: string; content: string }[];
  tokens: number;
  /** In the order of the claims' citations. `line` counts from 1. */
  cited: readonly { page: string; line: number; quote: string }[];
}

/** The answer, each sentence with what proves it; then what was dropped, what it took, and that it isn't graded. */
export function askLines(
  { answer, major, tokens, cited }: LiveAnswer,
  { tenant, model }: { tenant: string; model: string },
  screen: Screen,
): string[] {
  const ink = inkOf(screen);
  const say = (text: string, indent: string) => paragraph(printable(text), screen.columns, indent);
  const dropped = answer.dropped.flatMap((text) => say(`Dropped, for nothing proves it: ${text}`, '  '));
  let citation = 0;
  const said = answer.abstained
    ? say(`No answer: ${answer.reason}.`, '  ')
    : answer.claims.flatMap(({ text, citations }) => [
        ...say(text, '  '),
        ...citations.flatMap(() => {
          const { page, line, quote } = cited[citation++] ?? { page: '?', line: 0, quote: '' };
          return say(`${page}, line ${line}: "${quote}"`, '      ').map(ink.faint);
        }),
      ]);
  return [
    ...say(`${tenant}, on major ${major}, asks ${model}. Not graded: a live model may say anything.`, '').map(
      ink.strong,
    ),
    ...said,
    ...dropped.map(ink.faint),
    ink.faint(`  ${tokens} tokens were sent.`),
  ];
}

/** What would be sent, message by message. */
export function promptLines({ messages, tokens }: LiveAnswer, screen: Screen): string[] {
  const ink = inkOf(screen);
  const shown = messages.flatMap(({ role, content }) => [
    ink.strong(role),
    ...content.split('\n').map((line) => `  ${printable(line)}`),
  ]);
  const none = ['Nothing would be sent: no passage was found that may stand in a prompt.'];
  return messages.length === 0 ? none : [...shown, ink.faint(`${tokens} tokens; nothing was sent.`)];
}
