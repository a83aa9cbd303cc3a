import type { Page, Passage } from '#answerdesk/knowledge.ts';
import type { CreateChunker } from '#answerdesk/seams/chunking.ts';

// In the manner of LangChain: by headings first, then by ever smaller separators, merged again with an overlap.

type Range = [start: number, end: number];
type Part = { range: Range; headings: string[]; level: number };

/** Every fence, from its marks to the line after its end. */
function fencesOf(text: string): Range[] {
  const fences: Range[] = [];
  const opening = /^[ \t]*(`{3,}(?=[^`\n]*$)|~{3,}).*$/gm;
  for (let open = opening.exec(text); open; open = opening.exec(text)) {
    const marks = open[1] ?? '';
    const closing = new RegExp(`^[ \\t]*${marks}${marks[0]}*[ \\t\\r]*$`, 'gm');
    closing.lastIndex = open.index + open[0].length;
    const close = closing.exec(text);
    const end = close ? close.index + close[0].length : text.length;
    fences.push([open.index, end]);
    opening.lastIndex = end;
  }
  return fences;
}

const inside = (fences: Range[], at: number) => fences.some(([start, end]) => at > start && at < end);

function partsOf(text: string, fences: Range[]): Part[] {
  const headings = [...text.matchAll(/^ {0,3}(#{1,6})[ \t]+(.*)$/gm)].filter(({ index }) => !inside(fences, index));
  const parts: Part[] = [{ range: [0, headings[0]?.index ?? text.length], headings: [], level: 0 }];
  const path: { level: number; title: string }[] = [];
  headings.forEach((heading, n) => {
    const level = heading[1]?.length ?? 1;
    while ((path.at(-1)?.level ?? 0) >= level) path.pop();
    path.push({ level, title: (heading[2] ?? '').replace(/[ \t]#+\s*$/, '').trim() });
    const range: Range = [heading.index, headings[n + 1]?.index ?? text.length];
    parts.push({ range, headings: path.map(({ title }) => title), level });
  });
  return parts;
}

const SEPARATORS = [/\n\s*\n/g, /\n/g, /[.!?]\s/g, /\s/g];

export const createChunker: CreateChunker = ({ countTokens }, settings) => {
  function split(text: string, [start, end]: Range, fences: Range[], most: number, depth = 0): Range[] {
    if (countTokens(text.slice(start, end)) <= most) return [[start, end]];
    const last = start + text.slice(start, end).trimEnd().length;
    if (fences.some((fence) => fence[0] <= start && fence[1] >= last)) return [[start, end]];
    const separator = SEPARATORS[depth];
    if (!separator) return halves(text, [start, end]).flatMap((half) => split(text, half, fences, most, depth));
    const cuts = [...text.slice(start, end).matchAll(separator)]
      .map((match) => start + match.index + match[0].length)
      .filter((at) => at < end && !inside(fences, at));
    const edges = [start, ...cuts, end];
    const pieces = edges.slice(1).map((edge, n): Range => [edges[n] as number, edge]);
    return pieces.flatMap((piece) => split(text, piece, fences, most, depth + 1));
  }

  function halves(text: string, [start, end]: Range): Range[] {
    let middle = (start + end) >> 1;
    if (/[\uDC00-\uDFFF]/.test(text.charAt(middle))) middle--;
    return [
      [start, middle === start ? middle + 2 : middle],
      [middle === start ? middle + 2 : middle, end],
    ].filter((half): half is Range => (half[0] as number) < (half[1] as number));
  }

  function merge(text: string, pieces: Range[], most: number, overlap: number): Range[] {
    const merged: Range[] = [];
    let first = 0;
    const between = (from: number, to: number) => text.slice(pieces[from]?.[0], pieces[to]?.[1]);
    for (let next = 0; next < pieces.length; next++) {
      if (next > first && countTokens(between(first, next)) > most) {
        merged.push([pieces[first]?.[0] ?? 0, pieces[next - 1]?.[1] ?? 0]);
        while (
          first < next &&
          (countTokens(between(first, next - 1)) > overlap || countTokens(between(first, next)) > most)
        )
          first++;
      }
    }
    return [...merged, [pieces[first]?.[0] ?? 0, pieces.at(-1)?.[1] ?? 0]];
  }

  function passage(page: Page, [from, to]: Range, headings: readonly string[]): Passage[] {
    const text = page.text.slice(from, to);
    if (text.trim() === '') return [];
    const start = from + text.length - text.trimStart().length;
    const end = from + text.trimEnd().length;
    const id = `${page.id}#${start}-${end}`;
    return [{ id, page: page.id, start, end, headings, text: page.text.slice(start, end), metadata: page.metadata }];
  }

  /** Fences that fit are kept; the others may be cut at their lines. */
  const kept = (text: string, most: number) =>
    fencesOf(text).filter(([start, end]) => countTokens(text.slice(start, end)) <= most);

  return {
    chunk(page) {
      const { maxTokens, overlapTokens } = settings;
      const fences = fencesOf(page.text);
      const whole = fences.filter(([start, end]) => countTokens(page.text.slice(start, end)) <= maxTokens);
      const passages = partsOf(page.text, fences).flatMap(({ range, headings }) => {
        if (range[0] === range[1]) return [];
        const pieces = split(page.text, range, whole, maxTokens);
        return merge(page.text, pieces, maxTokens, overlapTokens).flatMap((one) => passage(page, one, headings));
      });
      return passages.filter(({ end }, n) => end > (passages[n - 1]?.end ?? -1));
    },

    expand(page, found, maxTokens) {
      const parts = partsOf(page.text, fencesOf(page.text));
      const n = parts.findLastIndex(({ range }) => range[0] <= found.start);
      const own = parts[n] as Part;
      let best: Passage | undefined;
      const offer = (range: Range, headings: readonly string[]) => {
        const [one] = range[0] <= found.start && range[1] >= found.end ? passage(page, range, headings) : [];
        const fits = one && countTokens(one.text) <= maxTokens;
        if (fits) best = one;
        return fits;
      };
      if (offer(own.range, own.headings)) {
        for (let depth = own.headings.length; depth > 0; depth--) {
          const from = parts.findLastIndex((part, at) => at <= n && part.headings.length === depth);
          const start = parts[from];
          if (!start) continue;
          const after = parts.findIndex((part, at) => at > from && part.level <= start.level);
          if (!offer([start.range[0], parts[after]?.range[0] ?? page.text.length], start.headings)) break;
        }
        offer([0, page.text.length], []);
        return best ?? found;
      }
      const pieces = split(page.text, own.range, kept(page.text, maxTokens), Math.max(1, maxTokens >> 2));
      let first = pieces.findLastIndex(([start]) => start <= found.start);
      let last = pieces.findIndex(([, end]) => end >= found.end);
      const size = () => countTokens(page.text.slice(pieces[first]?.[0], pieces[last]?.[1]));
      if (first < 0 || last < 0 || size() > maxTokens) return found;
      for (let grown = true; grown; ) {
        grown = false;
        if (last + 1 < pieces.length && ++last) {
          if (size() > maxTokens) last--;
          else grown = true;
        }
        if (first > 0 && first--) {
          if (size() > maxTokens) first++;
          else grown = true;
        }
      }
      return passage(page, [pieces[first]?.[0] ?? 0, pieces[last]?.[1] ?? 0], own.headings)[0] ?? found;
    },
  };
};
