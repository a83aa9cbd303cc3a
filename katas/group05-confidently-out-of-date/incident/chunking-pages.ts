import type { Page, Passage } from '#answerdesk/knowledge.ts';
import type { ChunkingSettings } from '#answerdesk/seams/chunking.ts';
import { between, pick, shuffled } from '#kit/seeded.ts';
import { onDuty, pagesOf } from './chunked-retrieval.ts';
import { countTokens } from './library.ts';
import { type Count, code, type Manuscript, type Part, prose, sentence, upTo, Writer } from './manuscript.ts';

/** What a chunker is told, and by which tokenizer. */
export interface Policy extends ChunkingSettings {
  tokenizer: string;
  count: Count;
}

export const words: Count = (text) => text.match(/\S+/g)?.length ?? 0;
/** Its name, how it counts, and how many of its tokens are as much text as one of cl100k. */
type Tokenizer = readonly [string, Count, number];
const TOKENIZERS: [Tokenizer, ...Tokenizer[]] = [
  ['cl100k', countTokens, 1],
  ['words', words, 0.75],
  ['characters', (text: string) => [...text].length, 4.2],
];

/** A passage has from `low` to `high` tokens of cl100k, or as much text by another tokenizer. */
export function policyOf(seed: number, name = 'policy', [low, high]: readonly [number, number] = [90, 200]): Policy {
  const [tokenizer, count, unit] = pick(seed, `${name} tokenizer`, TOKENIZERS);
  const maxTokens = Math.round(between(seed, `${name} max`, low, high) * unit);
  const share = between(seed, `${name} overlap`, 8, 25) / 100;
  return { tokenizer, count, maxTokens, overlapTokens: Math.floor(maxTokens * share) };
}

/** Writes text and code of a share of what a passage may hold, never the same twice. */
function writing(seed: number, name: string, { count, maxTokens }: Pick<Policy, 'count' | 'maxTokens'>) {
  let part = 0;
  return {
    text: (share: number) => prose(seed, `${name} ${++part}`, count, share * maxTokens),
    lines: (share: number) => code(seed, `${name} ${++part}`, count, share * maxTokens),
    wall: (share: number) => upTo(count, share * maxTokens, (n) => sentence(seed, `${name} wall ${n}`), ' '),
  };
}

/** A page with all that a handbook has. */
export function handbook(seed: number, policy: Policy, eol = pick(seed, 'eol', ['\n', '\n', '\r\n'])): Manuscript {
  const { text, lines } = writing(seed, 'handbook', policy);
  const id = `${pick(seed, 'page', ['Hooks', 'Routes', 'Reply'])}-${between(seed, 'page no', 10, 99)}.md`;
  const writer = new Writer(id, eol);
  if (between(seed, 'intro', 0, 2) > 0) writer.block(text(0.3));
  writer.heading(1, 'Handbook').heading(2, 'Options').block(text(0.35)).block(text(0.3));
  writer.heading(3, '`timeout`', '### `timeout` ###').block(text(0.2)).fence('js', lines(0.4)).block(text(0.1));
  writer.heading(2, 'Request: the long way');
  for (let n = 0; n < 14; n++) writer.block(text(0.17));
  writer
    .heading(between(seed, 'deep', 4, 6), 'Options')
    .block(text(0.45))
    .fence('', lines(0.7));
  writer.block(text(0.4)).block(text(0.3));
  writer.heading(3, 'Errors').block('#1204 is not a heading, nor is\n####### this.').block(text(0.3));
  // Twice the same, to the letter: only their places tell them apart.
  for (const name of ['Request', 'Reply'])
    writer.heading(2, name).block(text(0.3)).heading(3, 'Example').block('See the guide.').block('See the guide.');
  writer.heading(1, 'Part two').heading(2, 'Options').block(text(0.6)).fence('sh', lines(2.2));
  writer.block(text(0.3)).block(text(0.4)).heading(2, 'The end').block(text(0.3));
  return writer.done(sentence(seed, 'tail'));
}

/** A part of a real page: some with code in lists, with tables, with links of two hundred characters. */
export function realPage(seed: number): Page {
  const { id, text, metadata } = pick(seed, 'real', pagesOf(onDuty(609)) as [Page]);
  const start = text.indexOf('\n', between(seed, 'real from', 0, Math.max(0, text.length - 6_000))) + 1;
  return { id, text: text.slice(start, start + 6_000), metadata };
}

/** Pages that begin and end in all the ways in which something gets lost. */
export function edges(seed: number, policy: Policy): Page[] {
  const { text, lines, wall } = writing(seed, 'edges', policy);
  const titles = new Writer('titles.md').heading(1, 'One').heading(2, 'Two').heading(2, 'Three').heading(1, 'Four');
  const unclosed = new Writer('unclosed.md').heading(1, 'One').block(text(0.3));
  const written = [
    new Writer('no-headings.md').block(text(0.5)).block(text(0.8)).block(text(0.3)).done('end'),
    new Writer('wall.md').block(wall(3)).done(),
    titles.done(),
    titles.heading(2, 'Last').done(),
    unclosed.done(`\`\`\`js\n${lines(1.7).join('\n')}`),
    new Writer('one-word.md').done('x'),
  ];
  return written.map(({ page }) => page);
}

const glyphs = (seed: number, name: string, of: readonly string[], length: number) =>
  Array.from({ length }, (_, n) => pick(seed, `${name} ${n}`, of as [string])).join('');

/** Text of which four characters aren't a token, and lines that are longer than a passage. */
export function dense(seed: number, policy: Policy): Page {
  const { wall } = writing(seed, 'dense', policy);
  const row = wall(1.6).replaceAll('.', ' |');
  const hex = (name: string, length: number) => glyphs(seed, name, [...'0123456789abcdefABCDEFxyz_+/'], length);
  const writer = new Writer('dense.md').heading(1, 'Keys').block(hex('key', 1_100)).block(wall(4)).block(`| ${row}`);
  writer.block(glyphs(seed, 'cjk', [...'要求返信接続設定値検証終了開始'], 700));
  writer.block(glyphs(seed, 'signs', [...'🦊🚀🧪🏳👩🏽𝔘'], 500));
  return writer.fence('', [hex('secret', 900), '', wall(3)]).done().page;
}

/** A wall of words, and one of characters that are two units each, from an odd or an even offset. */
export function walls(seed: number, policy: Policy): Page {
  const signs = glyphs(seed, 'signs', ['🦊', '🚀', '𝔘', 'é'], between(seed, 'signs', 900, 1_100));
  const shifted = `${'x'.repeat(between(seed, 'shift', 0, 3))}${signs}`;
  const writer = new Writer('walls.md').heading(1, 'Wall').block(writing(seed, 'walls', policy).wall(5));
  return writer.heading(1, '🦊').block(shifted).fence('', [shifted]).done().page;
}

/** Headings of all levels in any order, and lines of code that look like headings. */
export function mazes(seed: number, policy: Policy): Manuscript[] {
  const { text } = writing(seed, 'mazes', policy);
  const maze = new Writer('maze.md').block(text(0.4));
  for (const [n, level] of shuffled(seed, 'levels', [1, 2, 2, 3, 3, 4, 4, 5, 6, 1]).entries())
    maze.heading(level, `${sentence(seed, `title ${n}`)} (${n})`).block(text(0.4));
  const shell = new Writer('shell.md').heading(1, 'Shell').block(text(0.4));
  shell.fence('sh', ['# install', 'npm i', '', '## test', 'npm t'], { marks: '~~~' });
  shell.block(`\`\`\`npm i\`\`\` is on one line. ${text(0.2)}`);
  shell.heading(2, 'C#').fence('md', ['```', '# inner', '```'], { marks: '````' }).block(text(0.4));
  shell
    .heading(2, 'After')
    .block(`${text(0.4)}\n#tag\n####### seven`)
    .fence('', ['~~~', '# x', '``']);
  return [maze.done(), shell.heading(3, 'Below').block(text(0.4)).done()];
}

/** Code of all kinds: within other marks, in a list, longer than a passage, without an end. */
export function fenced(seed: number, name: string, policy: Policy): Manuscript[] {
  const { count, maxTokens } = policy;
  const { text, lines } = writing(seed, `fenced ${name}`, policy);
  const writer = new Writer('fences.md').heading(2, 'Code');
  const kinds = shuffled(seed, name, [
    { marks: '~~~' },
    { marks: '````', inner: ['```js', 'a()', '```', ''] },
    { marks: '```', inner: ['~~~', '', '```js is no end'] },
    { marks: '```', indent: '  ' },
    { marks: '~~~~', inner: ['~~~', '', '````'] },
    { marks: '```' },
  ]);
  for (const [n, { marks, inner = [], ...where }] of kinds.entries()) {
    writer.block(where.indent ? `- ${text(0.3)}` : text(between(seed, `${name} gap ${n}`, 2, 9) / 10));
    const share = between(seed, `${name} fence ${n}`, 35, 80) / 100 - count(inner.join('\n')) / maxTokens;
    writer.fence('js', [...inner, ...lines(Math.max(0.2, share))], { marks, ...where });
  }
  writer.block(text(0.3)).fence('', lines(3)).block(text(0.3));
  const rest = `\`\`\`\n${lines(0.6).join('\n')}\n\n# no heading\n${sentence(seed, 'rest')}`;
  const open = new Writer('unclosed.md').heading(1, 'One').block(text(0.8)).done(rest);
  open.fences.push({ start: open.page.text.length - rest.length, end: open.page.text.length });
  return [writer.done(), open, handbook(seed, policy)];
}

/** A section of many times a passage, in short paragraphs. */
export function longSection(seed: number, { count, maxTokens }: Policy): Manuscript {
  const writer = new Writer('long.md').heading(2, 'Long');
  for (let n = 0; n < 50; n++) writer.block(prose(seed, `long ${n}`, count, 0.12 * maxTokens));
  return writer.done();
}

/** Two sections of short sentences: each a paragraph, or an item of a list. */
export function journal(seed: number, { count, maxTokens }: Policy): Manuscript {
  const joint = pick(seed, 'joint', ['\n\n', '\n- ', '\n\n\n']);
  const first = joint === '\n- ' ? '- ' : '';
  const entries = (name: string) =>
    upTo(count, 6 * maxTokens, (n) => `${n === 0 ? first : ''}${sentence(seed, `${name} ${n}`)}`, joint);
  return new Writer('log.md').heading(1, 'One').block(entries('one')).heading(2, 'Two').block(entries('two')).done();
}

/** A page of some eighty passages. */
export function longPage(seed: number): Page {
  const writer = new Writer('long.md');
  for (let n = 0; n < 30; n++)
    writer
      .heading(2, `Part ${n}`)
      .block(prose(seed, `part ${n}`, words, 90))
      .fence('js', code(seed, `${n}`, words, 40));
  return writer
    .heading(1, 'One')
    .block(prose(seed, 'one', words, 600))
    .done().page;
}

/** Sections in sections, and one that is long; `tokens` is what a passage may hold. */
export function tree(seed: number, count: Count, tokens: number): Manuscript {
  const { text, lines } = writing(seed, 'tree', { count, maxTokens: tokens });
  const writer = new Writer('tree.md');
  if (between(seed, 'intro', 0, 1) === 1) writer.block(text(1.4));
  writer.heading(1, 'A').block(text(2));
  for (const name of ['B', 'C']) {
    if (name === 'C') writer.heading(1, 'Part two');
    writer.heading(2, name).block(text(0.6)).block(text(1.2)).fence('js', lines(2));
    for (const level of [3, 4, 3]) writer.heading(level, `${name}${level}`).block(text(1.1)).block(text(0.8));
  }
  writer.heading(2, 'D');
  for (let n = 0; n < 40; n++) {
    writer.block(text(0.8));
    if (n % 5 === 4) writer.fence('js', lines(1.2));
  }
  return writer.fence('', lines(2)).block(text(1)).done();
}

export const within = (inner: Part, outer: Part) => inner.start >= outer.start && inner.end <= outer.end;
export const meet = (one: Part, other: Part) => Math.min(one.end, other.end) > Math.max(one.start, other.start);
/** What one has of the other; nothing at all where they don't meet. */
export function shared(one: Part, other: Part): Part {
  const start = Math.max(one.start, other.start);
  return { start, end: Math.max(start, Math.min(one.end, other.end)) };
}
export const textOf = ({ text }: Page, { start, end }: Part): string => text.slice(start, end);
/** Without the white space at its ends. */
export function trimmed(page: Page, { start, end }: Part): Part {
  const text = page.text.slice(start, end);
  return { start: start + text.length - text.trimStart().length, end: start + text.trimEnd().length };
}

/** The lines on which one of two parts begins and one ends, and those between. */
export function linesOf({ text }: Page, one: Part, other: Part): Part {
  const end = text.indexOf('\n', Math.max(one.end, other.end));
  const start = text.lastIndexOf('\n', Math.min(one.start, other.start) - 1) + 1;
  return { start, end: end < 0 ? text.length : end };
}

/** The section, each above it with all that is below that, and the page: from the least to the most. */
export function wholesAround(sections: Manuscript['sections'], n: number): Part[] {
  const wholes: Part[] = [];
  const own = sections[n];
  const end = sections.at(-1)?.end ?? 0;
  if (own) wholes.push({ start: own.start, end: own.end });
  for (let at = n, least = 7; at >= 0; at--) {
    const section = sections[at];
    if (!section || section.level >= least) continue;
    least = section.level;
    const after = sections.find(({ start, level }) => start > section.start && level <= section.level);
    wholes.push({ start: section.start, end: after?.start ?? end });
  }
  return [...wholes, { start: 0, end }];
}

/** The passage that has the most of a span. */
export function nearest(passages: readonly Passage[], span: Part): Passage | undefined {
  const sizeOf = (passage: Passage) => shared(passage, span).end - shared(passage, span).start;
  let best: Passage | undefined;
  for (const passage of passages) if (sizeOf(passage) > (best ? sizeOf(best) : 0)) best = passage;
  return best;
}
