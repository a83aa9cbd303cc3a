import { stripVTControlCharacters } from 'node:util';

/** An answer's own words may hold anything: colours, bells, a megabyte. What is left is printable and on one line. */
export function printable(text: string, most = 2000): string {
  const cut = text.length > most ? `${text.slice(0, most)}…` : text;
  return stripVTControlCharacters(cut)
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
}

/** Columns that a text takes, inks not counted. */
export function widthOf(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}

export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)));
}

export function padStart(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - widthOf(text))) + text;
}

/** Cuts a text that has no ink in it; '…' stands for the rest. */
export function fit(text: string, columns: number): string {
  const signs = [...text];
  return signs.length <= columns ? text : `${signs.slice(0, Math.max(0, columns - 1)).join('')}…`;
}

// A figure stays with its unit, an event with its number.
const GLUED = /(?<=\d) (?=(?:ms|s|min|%)(?![\w%]))|(?<=\b(?:event|seed)) (?=\d)/g;

/** Breaks a text without ink into lines at spaces; a word longer than a line is broken where the line ends. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  const words = text.replace(GLUED, '\u00a0').split(' ');
  for (const word of words.flatMap((whole) => pieces(whole.replaceAll('\u00a0', ' '), columns))) {
    if (line && widthOf(line) + 1 + widthOf(word) > columns) {
      lines.push(line);
      line = word;
    } else {
      line = line ? `${line} ${word}` : word;
    }
  }
  return line ? [...lines, line] : lines;
}

function pieces(word: string, columns: number): string[] {
  const signs = [...word];
  if (signs.length <= columns) return [word];
  return Array.from({ length: Math.ceil(signs.length / columns) }, (_, n) =>
    signs.slice(n * columns, (n + 1) * columns).join(''),
  );
}

/** Breaks a line of code, whose spaces matter: after a space in the last third where there is one. Nothing is lost. */
export function breakCode(line: string, columns: number): string[] {
  if (line.length <= columns) return [line];
  const space = line.lastIndexOf(' ', columns - 1) + 1;
  const at = space > (columns * 2) / 3 ? space : columns;
  return [line.slice(0, at), ...breakCode(line.slice(at), columns)];
}

/** A paragraph under a margin: the first line after `lead`, the rest aligned with it. */
export function paragraph(text: string, columns: number, lead: string): string[] {
  const margin = widthOf(lead);
  return wrap(text, Math.max(20, columns - margin)).map((line, n) => (n === 0 ? lead : ' '.repeat(margin)) + line);
}
