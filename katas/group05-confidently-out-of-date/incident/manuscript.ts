import type { Page } from '#answerdesk/knowledge.ts';
import { between, pick, roll } from '#kit/seeded.ts';

/** A part of a manuscript, in UTF-16 units. */
export interface Part {
  start: number;
  end: number;
}

/** A heading with what stands under it, up to the next heading. */
export interface WrittenSection extends Part {
  level: number;
  headings: string[];
  /** Where its heading ends. */
  body: number;
}

export interface Manuscript {
  page: Page;
  sections: WrittenSection[];
  fences: Part[];
}

export type Count = (text: string) => number;

/** Writes a page of which it is known where everything stands. */
export class Writer {
  #text = '';
  readonly #id: string;
  readonly #eol: string;
  readonly #sections: WrittenSection[] = [{ level: 0, headings: [], start: 0, body: 0, end: 0 }];
  readonly #fences: Part[] = [];

  constructor(id: string, eol = '\n') {
    this.#id = id;
    this.#eol = eol;
  }

  heading(level: number, title: string, line = `${'#'.repeat(level)} ${title}`): this {
    const above = this.#sections.findLast((section) => section.level < level);
    const lineage = above?.headings ?? [];
    const start = this.#text.length;
    this.#write(line, 1);
    const body = this.#text.length;
    this.#write('', 1);
    this.#sections.push({ level, headings: [...lineage, title], start, body, end: start });
    return this;
  }

  /** Lines as they are, and an empty one. */
  block(text: string): this {
    this.#write(text, 2);
    return this;
  }

  fence(info: string, lines: readonly string[], { marks = '```', indent = '' } = {}): this {
    const start = this.#text.length + indent.length;
    const all = [`${marks}${info}`, ...lines, marks].map((line) => (line ? `${indent}${line}` : line));
    this.#write(all.join('\n'), 1);
    this.#fences.push({ start, end: this.#text.length - this.#eol.length });
    this.#write('', 1);
    return this;
  }

  /** `tail` ends it as it is. */
  done(tail = ''): Manuscript {
    this.#text += tail;
    const sections = this.#sections.map((section, n) => ({
      ...section,
      end: this.#sections[n + 1]?.start ?? this.#text.length,
    }));
    const metadata = { tenant: 'larkspur', version: '3.29.5', readers: ['support', 'admin'], validUntil: null };
    return { page: { id: this.#id, text: this.#text, metadata }, sections, fences: this.#fences };
  }

  #write(text: string, newlines: number): void {
    this.#text += text.replaceAll('\n', this.#eol) + this.#eol.repeat(newlines);
  }
}

const WORDS =
  'route handler reply server plugin hook schema option request payload header query timeout logger error prefix stream token cache socket tenant worker queue limit origin retry body parser context instance'.split(
    ' ',
  );
const VERBS = ['keeps', 'refuses', 'serialises', 'waits for', 'replaces', 'inherits', 'validates', 'closes'] as const;
const noun = (seed: number, name: string) => pick(seed, name, WORDS as [string]);

export const sentence = (seed: number, name: string): string =>
  `The ${noun(seed, `${name} 1`)} ${pick(seed, `${name} 2`, VERBS)} the ${noun(seed, `${name} 3`)}${roll(seed, `${name} 4`) < 0.5 ? '' : ` of its ${noun(seed, `${name} 5`)}`}.`;

/** Items joined until they are about so many tokens, never more: at least one. */
export function upTo(count: Count, tokens: number, item: (n: number) => string, joint: string): string {
  let text = item(0);
  let used = count(text);
  for (let n = 1; ; n++) {
    const next = `${joint}${item(n)}`;
    used += count(next);
    if (used > tokens) return text;
    text += next;
  }
}

/** A paragraph on one line. */
export const prose = (seed: number, name: string, count: Count, tokens: number): string =>
  upTo(count, tokens, (n) => sentence(seed, `${name}/${n}`), ' ');

/** Lines of code, with comments that look like headings and with empty lines. */
export const code = (seed: number, name: string, count: Count, tokens: number): string[] =>
  upTo(
    count,
    tokens,
    (n) => {
      const [one, other] = [noun(seed, `${name} ${n} a`), noun(seed, `${name} ${n} b`)];
      return pick(seed, `${name} ${n}`, [
        `const ${one}${n} = ${other}(${between(seed, `${name} ${n} c`, 1, 99)})`,
        `# ${one} before ${other}`,
        `## ${other}`,
        `  ${one}.${other} = '${n}'`,
        `\n${one}(${other})`,
      ]);
    },
    '\n',
  ).split('\n');
