import type { Page, Passage } from '#answerdesk/knowledge.ts';
import { pages } from './library.ts';

/** Longer sections are split, at blank lines. UTF-16 units. */
const LONGEST = 1_600;

/** A page by its headings: passages as a plain chunker makes them, for suites whose subject isn't chunking. */
export function sectionsOf({ id, text, metadata }: Page): Passage[] {
  const passages: Passage[] = [];
  const headings: { level: number; title: string }[] = [];
  let start = 0;
  let fenced = false;
  const close = (end: number) => {
    const whole = text.slice(start, end);
    if (whole.trim()) {
      const under = headings.map(({ title }) => title);
      passages.push({ id: `${id}#${start}-${end}`, page: id, start, end, headings: under, text: whole, metadata });
    }
    start = end;
  };
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf('\n', at);
    const next = newline < 0 ? text.length : newline + 1;
    const line = text.slice(at, next);
    if (/^\s*(```|~~~)/.test(line)) fenced = !fenced;
    const [, marks, title = ''] = (!fenced && /^(#{1,6})\s+(.*)/.exec(line)) || [];
    if (marks) {
      close(at);
      while ((headings.at(-1)?.level ?? 0) >= marks.length) headings.pop();
      headings.push({ level: marks.length, title: title.trim() });
    } else if (!fenced && !line.trim() && next - start > LONGEST) close(next);
    at = next;
  }
  close(text.length);
  return passages;
}

let all: readonly Passage[] | undefined;
/** Every page by its headings: some 1,900 passages. */
export const sections = (): readonly Passage[] => {
  all ??= pages().flatMap(sectionsOf);
  return all;
};
