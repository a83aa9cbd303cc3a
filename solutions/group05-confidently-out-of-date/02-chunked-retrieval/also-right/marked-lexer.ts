import { marked, type Token } from 'marked';
import type { Page, Passage } from '#answerdesk/knowledge.ts';
import type { ChunkingPorts, ChunkingSettings, CreateChunker } from '#answerdesk/seams/chunking.ts';

// The blocks are marked's. It leaves out carriage returns and gives no offsets: the first are made spaces, the others
// are looked for.

interface Block {
  start: number;
  end: number;
  kind: 'heading' | 'code' | 'text' | 'space';
  depth: number;
  title: string;
}

interface Section {
  depth: number;
  path: string[];
  blocks: Block[];
}

/** Code within a list item stands in it without its indentation, so that only its lines are looked for. */
function innerCode(token: Token): string[] {
  const nested = 'items' in token ? (token.items as Token[]) : ('tokens' in token && token.tokens) || [];
  return nested.flatMap((inner) =>
    inner.type === 'code' && /^\s*[`~]{3}/.test(inner.raw) ? [inner.raw] : innerCode(inner),
  );
}

function blocksOf(text: string): Block[] {
  const source = text.replaceAll('\r', ' ');
  const blocks: Block[] = [];
  let at = 0;
  const add = (end: number, kind: Block['kind'], depth = 0, title = '') => {
    if (end > at) blocks.push({ start: at, end, kind, depth, title });
    at = Math.max(at, end);
  };
  const addLines = (end: number) => {
    while (at < end) {
      const newline = source.indexOf('\n', at);
      const next = newline < 0 ? end : Math.min(end, newline + 1);
      add(next, source.slice(at, next).trim() ? 'text' : 'space');
    }
  };
  for (const token of marked.lexer(source)) {
    const found = source.indexOf(token.raw, at);
    if (found < 0) continue;
    addLines(found);
    const end = found + token.raw.length;
    if (token.type === 'heading') add(end, 'heading', token.depth, token.text);
    else if (token.type === 'code') add(end, 'code');
    else {
      for (const code of innerCode(token)) {
        const lines = code.trim().split('\n');
        const first = source.indexOf(lines[0] ?? '', at);
        const opening = source.lastIndexOf('\n', first) + 1;
        let last = source.indexOf('\n', first);
        for (let n = 1; n < lines.length && last >= 0; n++) last = source.indexOf('\n', last + 1);
        addLines(opening);
        add(last < 0 ? end : Math.min(end, last + 1), 'code');
      }
      addLines(end);
    }
  }
  addLines(text.length);
  return blocks;
}

function sectionsOf(blocks: Block[]): Section[] {
  const sections: Section[] = [{ depth: 0, path: [], blocks: [] }];
  let above: Block[] = [];
  for (const block of blocks) {
    if (block.kind === 'heading') {
      above = [...above.filter(({ depth }) => depth < block.depth), block];
      sections.push({ depth: block.depth, path: above.map(({ title }) => title), blocks: [] });
    }
    sections.at(-1)?.blocks.push(block);
  }
  return sections.filter((section) => section.blocks.length > 0);
}

class MarkedChunker {
  readonly #count: ChunkingPorts['countTokens'];
  readonly #settings: ChunkingSettings;

  constructor({ countTokens }: ChunkingPorts, settings: ChunkingSettings) {
    this.#count = countTokens;
    this.#settings = settings;
  }

  chunk(page: Page): Passage[] {
    const { maxTokens, overlapTokens } = this.#settings;
    const passages: Passage[] = [];
    for (const { blocks, path } of sectionsOf(blocksOf(page.text))) {
      const pieces = blocks.flatMap((block) => this.#pieces(page.text, block, maxTokens));
      let from = 0;
      let sum = 0;
      const flush = (to: number) => {
        const passage = this.#passage(page, pieces[from]?.start ?? 0, pieces[to - 1]?.end ?? 0, path);
        if (passage && passage.end > (passages.at(-1)?.end ?? -1)) passages.push(passage);
      };
      pieces.forEach(({ tokens }, n) => {
        if (n > from && sum + tokens > maxTokens) {
          flush(n);
          while (from < n && (sum > overlapTokens || sum + tokens > maxTokens)) sum -= pieces[from++]?.tokens ?? 0;
        }
        sum += tokens;
      });
      flush(pieces.length);
    }
    return passages;
  }

  expand(page: Page, passage: Passage, maxTokens: number): Passage {
    const sections = sectionsOf(blocksOf(page.text));
    const n = sections.findLastIndex(({ blocks }) => (blocks[0]?.start ?? 0) <= passage.start);
    const own = sections[n];
    if (!own) return passage;
    const ancestors = own.path.map((_, depth) => own.path.slice(0, depth));
    let best: Passage | undefined;
    for (const path of [...ancestors, own.path]) {
      const under = sections.filter(({ path: other }) => path.every((title, at) => other[at] === title));
      // Titles may come twice: only the run around the section is its family.
      const all = path.length === 0 ? sections : this.#run(sections, under, n);
      const whole = this.#passage(page, all[0]?.blocks[0]?.start ?? 0, all.at(-1)?.blocks.at(-1)?.end ?? 0, path);
      if (whole && whole.end >= passage.end && this.#count(whole.text) <= maxTokens) return whole;
    }
    const alone = this.#passage(page, own.blocks[0]?.start ?? 0, own.blocks.at(-1)?.end ?? 0, own.path);
    if (alone && alone.end >= passage.end && this.#count(alone.text) <= maxTokens) best = alone;
    return best ?? this.#window(page, own, passage, maxTokens);
  }

  #run(sections: Section[], under: Section[], n: number): Section[] {
    const family = new Set(under);
    const depth = Math.min(...under.map((section) => section.depth));
    let first = n;
    while (first > 0 && sections[first]?.depth !== depth && family.has(sections[first - 1] as Section)) first--;
    let last = n;
    while (
      family.has(sections[last + 1] as Section) &&
      (sections[last + 1]?.depth ?? 0) > (sections[first]?.depth ?? 0)
    )
      last++;
    return sections.slice(first, last + 1);
  }

  #window(page: Page, { blocks, path }: Section, passage: Passage, maxTokens: number): Passage {
    const pieces = blocks.flatMap((block) => this.#pieces(page.text, block, maxTokens));
    const touched = pieces.filter(({ start, end }) => end > passage.start && start < passage.end);
    let [from, to] = [
      pieces.indexOf(touched[0] as (typeof pieces)[0]),
      pieces.indexOf(touched.at(-1) as (typeof pieces)[0]),
    ];
    let sum = touched.reduce((total, { tokens }) => total + tokens, 0);
    if (sum > maxTokens) return passage;
    for (let moved = true; moved; ) {
      moved = false;
      for (const next of [from - 1, to + 1]) {
        const piece = pieces[next];
        if (!piece || sum + piece.tokens > maxTokens) continue;
        sum += piece.tokens;
        if (next < from) from = next;
        else to = next;
        moved = true;
      }
    }
    return this.#passage(page, pieces[from]?.start ?? 0, pieces[to]?.end ?? 0, path) ?? passage;
  }

  /** A block that is code and fits, its lines where it doesn't, their halves where they don't. */
  #pieces(text: string, { start, end, kind }: Block, most: number): { start: number; end: number; tokens: number }[] {
    const tokens = this.#count(text.slice(start, end));
    if (tokens <= most) return [{ start, end, tokens }];
    const newline = kind === 'code' ? text.indexOf('\n', start) + 1 : 0;
    let cut = newline > start && newline < end ? newline : start + ((end - start) >> 1);
    if (cut !== newline) {
      const space = text.lastIndexOf(' ', cut);
      if (space > start) cut = space + 1;
      else if ((text.codePointAt(cut - 1) ?? 0) > 0xffff) cut--;
    }
    const [one, other] = [
      { start, end: cut },
      { start: cut, end },
    ];
    return [one, other].flatMap((part) => this.#pieces(text, { ...part, kind, depth: 0, title: '' }, most));
  }

  #passage({ id, text, metadata }: Page, from: number, to: number, headings: readonly string[]): Passage | undefined {
    const whole = text.slice(from, to);
    if (!whole.trim()) return undefined;
    const start = from + whole.search(/\S/);
    const end = from + whole.trimEnd().length;
    return { id: `${id}#${start}-${end}`, page: id, start, end, headings, text: text.slice(start, end), metadata };
  }
}

export const createChunker: CreateChunker = (ports, settings) => {
  const chunker = new MarkedChunker(ports, settings);
  return {
    chunk: (page) => chunker.chunk(page),
    expand: (page, passage, maxTokens) => chunker.expand(page, passage, maxTokens),
  };
};
