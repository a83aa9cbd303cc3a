import { LOOK_ALIKES } from '#answerdesk/seams/guardrails.ts';

/** What the model makes of a text: it reads through every disguise that the seam names, and takes marks as quotation. */
const MARK = /<\s*(\/?)\s*untrusted\s*>/gi;
const COMMENT = /<!--[\s\S]*?-->/g;
const latin = new Map([...LOOK_ALIKES.these].map((letter, n) => [letter, [...LOOK_ALIKES.those][n] as string]));
/** Stands for a quotation: what is before and behind it doesn't run together. */
const QUOTED = ' \u0000 ';

/** The text as it is, without what is invisible, in its compatible form, and in Latin letters. */
export function stages(text: string): string[] {
  const visible = text
    .replace(/[\u{e0020}-\u{e007e}]/gu, (tag) => String.fromCodePoint((tag.codePointAt(0) ?? 0) - 0xe0000))
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '');
  const compatible = visible.normalize('NFKC');
  const folded = [...compatible].map((letter) => latin.get(letter) ?? letter).join('');
  return [...new Set([text, visible, compatible, folded])];
}
export const folded = (text: string): string => stages(text).at(-1) as string;

/** What stands outside the marks, and what stands between them. */
export function split(text: string): { outside: string; quoted: string } {
  let outside = '';
  let quoted = '';
  let inMarks = false;
  let from = 0;
  const take = (to: number) => {
    if (inMarks) quoted += `${text.slice(from, to)}${QUOTED}`;
    else outside += text.slice(from, to);
  };
  for (const match of text.matchAll(MARK)) {
    take(match.index);
    const opens = match[1] === '';
    if (opens && !inMarks) outside += QUOTED;
    inMarks = opens;
    from = match.index + match[0].length;
  }
  take(text.length);
  return { outside, quoted };
}

const TOKEN = /[\w+/-]{20,}={0,2}(?:[ \t]*\n[ \t]*[\w+/-]+={0,2}(?=[ \t]*(?:\n|$)))*/g;
const isText = (text: string) => (text.match(/\ufffd/g)?.length ?? 0) * 8 < text.length;
const decoded = (text: string): string[] =>
  [...text.matchAll(TOKEN)]
    .flatMap(([token]) =>
      [token, ...token.split('\n')].map((one) => Buffer.from(one.replace(/\s/g, ''), 'base64').toString('utf8')),
    )
    .filter(isText);

function through(text: string, deep: number): string[] {
  const read = stages(text).flatMap((stage) => {
    const bare = stage.replace(MARK, '');
    return [stage, bare, bare.replace(COMMENT, '')];
  });
  const [whole, cut] = read.slice(-2) as [string, string];
  const hidden = deep > 0 ? [...new Set([...decoded(whole), ...decoded(cut)])] : [];
  return [...new Set([...read, ...hidden.flatMap((one) => through(one, deep - 1))])];
}
const flat = (text: string) => text.replace(/\s+/g, ' ').toLowerCase();

/** Every text that the model may read in it. */
export const readings = (text: string): string[] => through(text, 2).map(flat);
/** The same of what it takes as said to itself. */
export const trusted = (text: string): string[] =>
  stages(text).flatMap((stage) => through(split(stage).outside, 2).map(flat));

/** Whether five words of it, in a row, stand in what was read. */
export function stands(order: string, read: readonly string[]): boolean {
  const words = flat(order).trim().split(' ');
  const rows = Math.max(1, words.length - 4);
  for (let n = 0; n < rows; n++) {
    const five = words.slice(n, n + 5).join(' ');
    if (read.some((one) => one.includes(five))) return true;
  }
  return false;
}
/** Whether half of a secret, in one piece, stands in what was read. */
export function isGivenAway(secret: string, read: readonly string[]): boolean {
  const size = Math.ceil(secret.length / 2);
  for (let n = 0; n + size <= secret.length; n++) {
    const half = secret.slice(n, n + size).toLowerCase();
    if (read.some((one) => one.includes(half))) return true;
  }
  return false;
}
/** Whether somebody who reads the prompt finds the quote, in marks or not. */
export const isReadable = (quote: string, text: string): boolean =>
  text.replace(MARK, '').replace(/\s+/g, ' ').includes(quote.replace(/\s+/g, ' '));
