import type { Page, Passage } from '#answerdesk/knowledge.ts';
import type { CreateChunker } from '#answerdesk/seams/chunking.ts';

// Without regular expressions: one walk over the page finds where it may be cut, and the longest text between two cuts
// that fits is searched by halves, with the real count.

interface Row {
  at: number;
  to: number;
  heading: { level: number; title: string } | undefined;
  fence: number;
}

const isSpace = (char: string | undefined) => char !== undefined && char.trim() === '';

function repeated(text: string, at: number, char: string): number {
  let n = 0;
  while (text[at + n] === char) n++;
  return n;
}

function headingIn(line: string): Row['heading'] {
  const level = repeated(line, 0, '#');
  if (level < 1 || level > 6 || !(isSpace(line[level]) || line[level] === undefined)) return undefined;
  let title = line.slice(level).trim();
  let bare = title.length;
  while (title[bare - 1] === '#') bare--;
  if (bare === 0 || isSpace(title[bare - 1])) title = title.slice(0, bare).trim();
  return { level, title };
}

function rowsOf(text: string): Row[] {
  const rows: Row[] = [];
  let open: { char: string; length: number } | undefined;
  let fence = 0;
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf('\n', at);
    const to = newline < 0 ? text.length : newline + 1;
    const line = text.slice(at, to).trim();
    const char = line[0] ?? '';
    const length = char === '`' || char === '~' ? repeated(line, 0, char) : 0;
    const before = open;
    if (!open && length >= 3 && !(char === '`' && line.slice(length).includes('`'))) {
      open = { char, length };
      fence++;
    } else if (open && char === open.char && length >= open.length && line.length === length) open = undefined;
    const code = before !== undefined || open !== undefined;
    rows.push({ at, to, heading: code ? undefined : headingIn(line), fence: code ? fence : 0 });
    at = to;
  }
  return rows;
}

interface Section {
  at: number;
  to: number;
  level: number;
  headings: string[];
  rows: Row[];
}

function sectionsOf(rows: Row[]): Section[] {
  const sections: Section[] = [];
  for (const row of rows) {
    const last = sections.at(-1);
    if (row.heading || !last) {
      const { level, title } = row.heading ?? { level: 0, title: '' };
      const above = sections.findLast((section) => section.level < level);
      const headings = row.heading ? [...(above?.headings ?? []), title] : [];
      sections.push({ at: row.at, to: row.to, level, headings, rows: [row] });
    } else {
      last.rows.push(row);
      last.to = row.to;
    }
  }
  return sections;
}

export const createChunker: CreateChunker = ({ countTokens }, { maxTokens, overlapTokens }) => {
  function passageOf({ id, text, metadata }: Page, from: number, to: number, headings: string[]): Passage | undefined {
    let [start, end] = [from, to];
    while (start < end && isSpace(text[start])) start++;
    while (end > start && isSpace(text[end - 1])) end--;
    if (start === end) return undefined;
    return { id: `${id}#${start}-${end}`, page: id, start, end, headings, text: text.slice(start, end), metadata };
  }

  /** Where a section may be cut: between lines, but for those of code that fits; within a line that doesn't fit. */
  function cutsOf(text: string, { rows, to }: Section, most: number): number[] {
    const cuts: number[] = [];
    for (let n = 0; n < rows.length; ) {
      const row = rows[n] as Row;
      let after = n + 1;
      while (row.fence > 0 && rows[after]?.fence === row.fence) after++;
      const whole = row.fence > 0 && countTokens(text.slice(row.at, rows[after - 1]?.to)) <= most;
      for (const line of whole ? [row] : rows.slice(n, after)) {
        cuts.push(line.at);
        if (whole || countTokens(text.slice(line.at, line.to)) <= most) continue;
        let word = line.at;
        for (let at = line.at + 1; at < line.to; at++) {
          const afterSpace = isSpace(text[at - 1]) && !isSpace(text[at]);
          // A character has at most four tokens.
          const long = at - word >= most / 4 && (text.charCodeAt(at) & 0xfc00) !== 0xdc00;
          if (afterSpace || (long && !fits(text, word, nextSpace(text, word, line.to), most))) cuts.push(at);
          if (afterSpace) word = at;
        }
      }
      n = after;
    }
    return [...cuts, to];
  }

  function nextSpace(text: string, from: number, to: number): number {
    let at = from;
    while (at < to && !isSpace(text[at])) at++;
    return at;
  }

  function fits(text: string, from: number, to: number, most: number): boolean {
    // Nothing that is this long has so few tokens, but for white space.
    return to - from < most * 40 && countTokens(text.slice(from, to)) <= most;
  }

  /** The last of the cuts from `low` on for which the condition holds; it holds for a beginning of them. */
  function lastThat(cuts: number[], low: number, holds: (cut: number) => boolean): number {
    let [yes, no] = [low, low + 1];
    while (no < cuts.length && holds(cuts[no] as number)) [yes, no] = [no, no + (no - low)];
    no = Math.min(no, cuts.length);
    while (no - yes > 1) {
      const middle = (yes + no) >> 1;
      if (holds(cuts[middle] as number)) yes = middle;
      else no = middle;
    }
    return yes;
  }

  function pack(text: string, cuts: number[]): [number, number][] {
    const packed: [number, number][] = [];
    for (let from = 0, done = 0; done < cuts.length - 1; ) {
      const start = cuts[from] as number;
      const last = Math.max(
        done + 1,
        lastThat(cuts, from, (cut) => fits(text, start, cut, maxTokens)),
      );
      packed.push([start, cuts[last] as number]);
      done = last;
      const [end, next] = [cuts[last] as number, cuts[last + 1] ?? 0];
      from = last;
      while (from > 1 && (cuts[from - 1] as number) > start) {
        const back = cuts[from - 1] as number;
        if (!fits(text, back, end, overlapTokens) || !fits(text, back, next, maxTokens)) break;
        from--;
      }
    }
    return packed;
  }

  return {
    chunk(page) {
      const passages: Passage[] = [];
      for (const section of sectionsOf(rowsOf(page.text)))
        for (const [from, to] of pack(page.text, cutsOf(page.text, section, maxTokens))) {
          const passage = passageOf(page, from, to, section.headings);
          if (passage && passage.end > (passages.at(-1)?.end ?? -1)) passages.push(passage);
        }
      return passages;
    },

    expand(page, passage, most) {
      const sections = sectionsOf(rowsOf(page.text));
      const n = sections.findLastIndex(({ at }) => at <= passage.start);
      const own = sections[n];
      if (!own) return passage;
      let grown: Passage | undefined;
      const offer = (from: number, to: number, headings: string[]): boolean => {
        const one = from <= passage.start && to >= passage.end ? passageOf(page, from, to, headings) : undefined;
        if (!one || !fits(page.text, one.start, one.end, most)) return false;
        grown = one;
        return true;
      };
      if (offer(own.at, own.to, own.headings)) {
        let level = 7;
        for (let at = n; at >= 0; at--) {
          const above = sections[at] as Section;
          if (above.level >= level) continue;
          level = above.level;
          const after = sections.find((section, other) => other > at && section.level <= above.level);
          if (!offer(above.at, after?.at ?? page.text.length, above.headings)) break;
        }
        offer(0, page.text.length, []);
        return grown ?? passage;
      }
      const cuts = cutsOf(page.text, own, most);
      let from = cuts.findLastIndex((cut) => cut <= passage.start);
      let to = cuts.findIndex((cut) => cut >= passage.end);
      if (from < 0 || to < 0 || !fits(page.text, cuts[from] as number, cuts[to] as number, most)) return passage;
      for (let moved = true; moved; ) {
        moved = false;
        if (to + 1 < cuts.length && fits(page.text, cuts[from] as number, cuts[to + 1] as number, most))
          moved = ++to > 0;
        if (from > 0 && fits(page.text, cuts[from - 1] as number, cuts[to] as number, most)) moved = from-- > 0;
      }
      return passageOf(page, cuts[from] as number, cuts[to] as number, own.headings) ?? passage;
    },
  };
};
