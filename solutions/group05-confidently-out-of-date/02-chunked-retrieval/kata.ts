import type { Page, Passage } from '#answerdesk/knowledge.ts';
import type { ChunkingPorts, CreateChunker } from '#answerdesk/seams/chunking.ts';

/** Offsets into the page's text. */
interface Range {
  start: number;
  end: number;
}

interface Line extends Range {
  blank: boolean;
  /** 1 to 6 for a heading. */
  level: number;
  title: string;
  /** The how manieth fence it belongs to, its marks included; 0: none. */
  fence: number;
}

/** What is not taken apart: a line, a fence that fits, a piece of a line that doesn't. */
interface Atom extends Range {
  tokens: number;
  /** A paragraph or a fence ends with it. */
  closes: boolean;
}

/** A heading with what stands directly under it. */
interface Section extends Range {
  level: number;
  headings: readonly string[];
  lines: Line[];
}

function linesOf(text: string): Line[] {
  let fence = 0;
  let opened = '';
  return Array.from(text.matchAll(/[^\n]*\n|[^\n]+$/g), ({ 0: line, index }) => {
    const [, marks = '', info = ''] = /^\s*(`{3,}|~{3,})(.*)/.exec(line) ?? [];
    const inside = opened !== '';
    const opens = !inside && marks !== '' && !(marks.startsWith('`') && info.includes('`'));
    const closes = inside && marks.startsWith(opened) && info.trim() === '';
    if (opens) fence++;
    if (opens || closes) opened = opens ? marks : '';
    const heading = inside || opens ? null : /^ {0,3}(#{1,6})(?:[ \t]+(.*))?\s*$/.exec(line);
    return {
      start: index,
      end: index + line.length,
      blank: line.trim() === '',
      level: heading?.[1]?.length ?? 0,
      title: (heading?.[2] ?? '').replace(/(^|\s)#+\s*$/, '').trim(),
      fence: inside || opens ? fence : 0,
    };
  });
}

function sectionsOf(lines: readonly Line[]): Section[] {
  const sections: Section[] = [];
  for (const line of lines) {
    const { start, end, level } = line;
    if (level > 0 || sections.length === 0) {
      const above = sections.findLast((section) => section.level < level);
      const headings = level > 0 ? [...(above?.headings ?? []), line.title] : [];
      sections.push({ start, end, level, headings, lines: [] });
    }
    const section = sections.at(-1) as Section;
    section.lines.push(line);
    section.end = end;
  }
  return sections;
}

const isBare = ({ lines }: Section): boolean => lines.every(({ blank, level }) => blank || level > 0);

/** The end of the longest beginning of a range that fits, roughly: after white space, if it can be, and never in a pair. */
function cut(text: string, { start, end }: Range, length: number): number {
  const latest = Math.min(end, start + Math.max(2, Math.floor(length)));
  if (latest === end) return end;
  for (let at = latest; at > start + length / 2; at--) if (/\s/.test(text.charAt(at - 1))) return at;
  return /[\uD800-\uDBFF]/.test(text.charAt(latest - 1)) ? latest - 1 : latest;
}

function createAtoms(countTokens: ChunkingPorts['countTokens']) {
  const atom = (text: string, { start, end }: Range, closes: boolean): Atom => ({
    start,
    end,
    tokens: countTokens(text.slice(start, end)),
    closes,
  });

  function pieces(text: string, whole: Atom, max: number): Atom[] {
    if (whole.tokens <= max) return [whole];
    const found: Atom[] = [];
    for (let start = whole.start; start < whole.end; ) {
      let length = (whole.end - whole.start) * (max / whole.tokens);
      let piece = atom(text, { start, end: cut(text, { start, end: whole.end }, length) }, false);
      while (piece.tokens > max && length > 2) {
        length *= 0.75;
        piece = atom(text, { start, end: cut(text, { start, end: whole.end }, length) }, false);
      }
      found.push(piece);
      start = piece.end;
    }
    return found;
  }

  /** Line by line, so that their counts add up to no less than that of the whole. */
  return (text: string, lines: readonly Line[], max: number): Atom[] => {
    const atoms: Atom[] = [];
    for (let n = 0; n < lines.length; ) {
      const first = lines[n] as Line;
      let after = n + 1;
      while (first.fence > 0 && lines[after]?.fence === first.fence) after++;
      const own = lines.slice(n, after);
      const whole = atom(
        text,
        { start: first.start, end: own.at(-1)?.end ?? first.end },
        first.blank || first.fence > 0,
      );
      if (whole.tokens <= max) atoms.push(whole);
      else for (const line of own) atoms.push(...pieces(text, atom(text, line, line === own.at(-1)), max));
      n = after;
    }
    return atoms;
  };
}

/** Ranges of at most `max` tokens, each beginning with the end of the one before it. */
function pack(atoms: readonly Atom[], max: number, overlap: number): Range[] {
  const ranges: Range[] = [];
  const tokensOf = (n: number) => atoms[n]?.tokens ?? 0;
  for (let first = 0, done = 0; done < atoms.length; ) {
    let after = first;
    for (let sum = 0; after < atoms.length && (after === first || sum + tokensOf(after) <= max); after++)
      sum += tokensOf(after);
    if (after < atoms.length) {
      let paragraph = after;
      while (paragraph > done && !atoms[paragraph - 1]?.closes) paragraph--;
      if (paragraph - done > (after - done) / 2) after = paragraph;
    }
    ranges.push({ start: atoms[first]?.start ?? 0, end: atoms[after - 1]?.end ?? 0 });
    done = after;
    const room = Math.min(overlap, max - tokensOf(after));
    const begun = first;
    first = after;
    for (let sum = tokensOf(first - 1); first - 1 > begun && sum <= room; sum += tokensOf(first - 1)) first--;
  }
  return ranges;
}

/** What a range stands in, from the least to the most: its section, each with those below it, all of them. */
function around(sections: readonly Section[], range: Range): Section[][] {
  const n = sections.findLastIndex(({ start }) => start < range.end);
  const wholes = [sections.slice(n, n + 1)];
  let least = Infinity;
  for (let from = n; from >= 0; from--) {
    const level = sections[from]?.level ?? 0;
    if (level >= least) continue;
    least = level;
    const after = sections.findIndex((section, other) => other > from && section.level <= level);
    wholes.push(sections.slice(from, after < 0 ? sections.length : after));
  }
  return [...wholes, [...sections]];
}

/** Those that all of the sections stand under. */
function headingsOf(sections: readonly Section[]): readonly string[] {
  const [first, ...others] = sections.map(({ headings }) => headings);
  const common = first?.findIndex((title, n) => others.some((headings) => headings[n] !== title)) ?? 0;
  return common < 0 ? (first ?? []) : (first ?? []).slice(0, common);
}

/** What a range touches, and as many atoms on either side of it as fit, on the shorter side first. */
function grow(atoms: readonly Atom[], range: Range, most: number): Range | undefined {
  let first = atoms.findIndex(({ end }) => end > range.start);
  let last = atoms.findLastIndex(({ start }) => start < range.end);
  let left = most;
  for (const { tokens } of atoms.slice(first, last + 1)) left -= tokens;
  if (left < 0) return undefined;
  const fits = (atom: Atom | undefined): atom is Atom => atom !== undefined && atom.tokens <= left;
  const grown = (): Range => ({ start: atoms[first]?.start ?? range.start, end: atoms[last]?.end ?? range.end });
  for (;;) {
    const [above, below] = [atoms[first - 1], atoms[last + 1]];
    const shorterAbove = range.start - grown().start <= grown().end - range.end;
    if (fits(above) && (shorterAbove || !fits(below))) {
      left -= above.tokens;
      first--;
    } else if (fits(below)) {
      left -= below.tokens;
      last++;
    } else return grown();
  }
}

export const createChunker: CreateChunker = ({ countTokens }, { maxTokens, overlapTokens }) => {
  const atomsOf = createAtoms(countTokens);
  const read = new WeakMap<Page, Section[]>();
  const counted = new WeakMap<Section, number>();

  function sectionsIn(page: Page): Section[] {
    const sections = read.get(page) ?? sectionsOf(linesOf(page.text));
    read.set(page, sections);
    return sections;
  }

  function tokensOf(text: string, section: Section): number {
    const tokens = counted.get(section) ?? countTokens(text.slice(section.start, section.end));
    counted.set(section, tokens);
    return tokens;
  }

  function passageOf({ id, text, metadata }: Page, range: Range, headings: readonly string[]): Passage | undefined {
    const whole = text.slice(range.start, range.end);
    const [blank = ''] = /^(?:[^\S\n]*\n)*/.exec(whole) ?? [];
    const start = range.start + blank.length;
    const end = range.start + whole.trimEnd().length;
    if (end <= start) return undefined;
    return { id: `${id}#${start}-${end}`, page: id, start, end, headings, text: text.slice(start, end), metadata };
  }

  return {
    chunk(page) {
      const passages: Passage[] = [];
      const sections = sectionsIn(page);
      let lines: Line[] = [];
      for (const [n, section] of sections.entries()) {
        lines = [...lines, ...section.lines];
        // A heading with nothing under it says nothing: it goes with the first below it.
        if (isBare(section) && (sections[n + 1]?.level ?? 0) > section.level) continue;
        for (const range of pack(atomsOf(page.text, lines, maxTokens), maxTokens, overlapTokens)) {
          const passage = passageOf(page, range, section.headings);
          // What remains of a section after an overlap may be white space.
          if (passage && passage.end > (passages.at(-1)?.end ?? 0)) passages.push(passage);
        }
        lines = [];
      }
      return passages;
    },

    expand(page, passage, most) {
      const wholes = around(sectionsIn(page), passage);
      let widest: Passage | undefined;
      for (const whole of wholes) {
        const { start, end } = whole[0] as Section;
        const range = { start: Math.min(start, passage.start), end: Math.max(whole.at(-1)?.end ?? end, passage.end) };
        const tokens = whole.reduce((sum, section) => sum + tokensOf(page.text, section), 0);
        if (tokens + countTokens(page.text.slice(range.start, start)) > most) break;
        widest = passageOf(page, range, headingsOf(whole));
      }
      if (widest) return widest;

      const touched = sectionsIn(page).filter(({ start, end }) => start < passage.end && end > passage.start);
      const lines = touched.flatMap((section) => section.lines);
      // Code is kept whole if it can be with the passage; a part of it is better than nothing around it.
      for (const rows of [lines, lines.map((line) => ({ ...line, fence: 0 }))]) {
        const grown = grow(atomsOf(page.text, rows, most), passage, most);
        if (grown) return passageOf(page, grown, passage.headings) ?? passage;
      }
      return passage;
    },
  };
};
