// A class; the form is written piece by piece, and the text is read line by line, a fence opening and closing on the way.
import { createHash } from 'node:crypto';
import type { AnswerRequest, CreateHashing, Hashing, HashingPolicy } from '#answerdesk/seams/hashing.ts';

class NotCanonical extends Error {
  readonly code = 'NOT_CANONICAL';
}

class Writer {
  #pieces: string[] = [];

  static form(value: unknown): string {
    const writer = new Writer();
    writer.#write(value);
    return writer.#pieces.join('');
  }

  #write(value: unknown): void {
    if (value === null || value === true || value === false) this.#pieces.push(`${value}`);
    else if (typeof value === 'string') this.#string(value);
    else if (typeof value === 'number' && value - value === 0) this.#pieces.push(`${value + 0}`);
    else if (Array.isArray(value)) this.#list('[', ']', value, (item) => this.#write(item));
    else if (typeof value === 'object') {
      const fields = value as Record<string, unknown>;
      const names = Object.keys(fields).sort();
      this.#list('{', '}', names, (name) => {
        this.#string(name);
        this.#pieces.push(':');
        this.#write(fields[name]);
      });
    } else throw new NotCanonical(`not in JSON: ${typeof value} ${String(value)}`);
  }

  #list<T>(opens: string, closes: string, items: readonly T[], write: (item: T) => void): void {
    this.#pieces.push(opens);
    items.forEach((item, n) => {
      if (n > 0) this.#pieces.push(',');
      write(item);
    });
    this.#pieces.push(closes);
  }

  #string(value: string): void {
    for (const character of value) {
      const code = character.codePointAt(0) as number;
      if (code >= 0xd800 && code <= 0xdfff) throw new NotCanonical('half a surrogate pair');
    }
    this.#pieces.push(JSON.stringify(value));
  }
}

class ContentHashing implements Hashing {
  readonly #excluded: ReadonlySet<string>;
  constructor({ excluded }: HashingPolicy) {
    this.#excluded = new Set(excluded);
  }

  canonicalize = (value: unknown): string => Writer.form(value);

  identityOf = (request: AnswerRequest): string => {
    const entries = Object.entries(request).filter(([name]) => !this.#excluded.has(name));
    const asked = new Map<string, unknown>(entries);
    if (asked.has('text')) asked.set('text', this.#normalise(request.text));
    const digest = createHash('sha256').update(Buffer.from(this.canonicalize(Object.fromEntries(asked)), 'utf8'));
    return digest.digest().toString('hex');
  };

  #normalise(typed: string): string {
    const blocks: string[] = [];
    let prose: string[] = [];
    let code: string[] | undefined;
    const flush = () => {
      const words = prose.flatMap((line) => this.#words(line));
      if (words.length > 0) blocks.push(words.join(' '));
      prose = [];
    };
    for (const line of typed.normalize('NFC').trim().replaceAll('\r\n', '\n').split('\n')) {
      const fence = line.startsWith('```');
      if (code) code.push(line);
      else if (fence) code = [line];
      else prose.push(line);
      if (!fence || !code) continue;
      if (code.length === 1) flush();
      else {
        blocks.push(code.join('\n'));
        code = undefined;
      }
    }
    flush();
    return [...blocks, ...(code ? [code.join('\n')] : [])].join('\n');
  }

  /** The words of a line; what stands between two backticks is part of one. */
  #words(line: string): string[] {
    return line.match(/(?:`[^`]*`|\S)+/g) ?? [];
  }
}

export const createHashing: CreateHashing = (policy) => new ContentHashing(policy);
