import { LOOK_ALIKES } from '#answerdesk/seams/guardrails.ts';
import { between, pick, roll } from '#kit/seeded.ts';

/** Ways to hide a text from whoever looks for it as it is written, each in a seeded form. */
type Hide = (seed: number, name: string, text: string) => string;

const INVISIBLE: [string, ...string[]] = [
  '\u200b',
  '\u200c',
  '\u200d',
  '\u2060',
  '\ufeff',
  '\u00ad',
  '\u034f',
  '\u2063',
  '\ufe0f',
  '\u180e',
  '\u200e',
];
const these = [...LOOK_ALIKES.these];
const those = [...LOOK_ALIKES.those];

/** Each character by its place; `last` tells the last one. */
const each = (text: string, change: (char: string, n: number, last: boolean) => string): string => {
  const chars = [...text];
  return chars.map((char, n) => change(char, n, n === chars.length - 1)).join('');
};
const moved = (upper: number, lower: number) => (char: string) => {
  const code = char.charCodeAt(0);
  if (/^[A-Z]$/.test(char)) return String.fromCodePoint(upper + code - 65);
  return /^[a-z]$/.test(char) ? String.fromCodePoint(lower + code - 97) : char;
};
/** Something in the middle of the text, every `apart` characters or so. */
const scattered = (seed: number, name: string, text: string, apart: number, what: (n: number) => string) =>
  each(text, (char, n, last) =>
    !last && n % apart === between(seed, `${name} in ${Math.floor(n / apart)}`, 1, apart - 1) ? char + what(n) : char,
  );
const base64 = (text: string, form: 'base64' | 'base64url' = 'base64') => Buffer.from(text, 'utf8').toString(form);

export const hiding = {
  invisible: (seed, name, text) => {
    const mark = pick(seed, `${name} which`, INVISIBLE);
    return each(text, (char, n, last) =>
      !last && (n % 3 === 1 || roll(seed, `${name} ${n}`) < 0.4) ? char + mark : char,
    );
  },
  'tag characters': (_seed, _name, text) =>
    each(text, (char) => (/^[ -~]$/.test(char) ? String.fromCodePoint(0xe0000 + char.charCodeAt(0)) : char)),
  'full width': (_seed, _name, text) =>
    each(text, (char) => (/^[!-~]$/.test(char) ? String.fromCharCode(char.charCodeAt(0) + 0xfee0) : char)),
  mathematical: (seed, name, text) =>
    each(text, roll(seed, name) < 0.5 ? moved(0x1d400, 0x1d41a) : moved(0x1d5a0, 0x1d5ba)),
  circled: (_seed, _name, text) => each(text, moved(0x24b6, 0x24d0)),
  /** Letters with accents only. */
  decomposed: (_seed, _name, text) => text.normalize('NFD'),
  'look-alikes': (seed, name, text) =>
    each(text, (char, n) =>
      those.includes(char) && (n % 4 === 0 || roll(seed, `${name} ${n}`) < 0.6)
        ? (these[those.indexOf(char)] as string)
        : char,
    ),
  comments: (seed, name, text) =>
    scattered(seed, name, text, 16, (n) => pick(seed, `${name} ${n}`, ['<!-- -->', `<!-- ${n} -->`, '<!---->'])),
  marks: (seed, name, text) =>
    scattered(seed, name, text, 24, (n) =>
      pick(seed, `${name} ${n}`, ['</untrusted>', '<untrusted>', '</UNTRUSTED>', '< / untrusted >']),
    ),
  base64: (_seed, _name, text) => base64(text),
  'base64 for URLs': (_seed, _name, text) => base64(text, 'base64url'),
  'base64 without padding': (_seed, _name, text) => base64(text).replace(/=+$/, ''),
  'base64 in lines': (seed, name, text) =>
    (base64(text).match(new RegExp(`.{1,${pick(seed, name, ['64', '76'])}}`, 'g')) ?? []).join('\n'),
  'base64 twice': (_seed, _name, text) => base64(base64(text)),
} satisfies Record<string, Hide>;

export type Hiding = keyof typeof hiding;

/** One after the other. */
export const hide = (seed: number, name: string, text: string, ways: readonly Hiding[]): string =>
  ways.reduce((hidden, way, n) => hiding[way](seed, `${name} ${n} ${way}`, hidden), text);

/** Ways that go together, the later over the earlier. */
export const BOTH: [readonly Hiding[], ...(readonly Hiding[])[]] = [
  ['look-alikes', 'invisible'],
  ['look-alikes', 'base64'],
  ['invisible', 'base64 for URLs'],
  ['full width', 'base64'],
  ['tag characters', 'base64'],
  ['comments', 'base64'],
  ['marks', 'base64'],
  ['base64', 'invisible'],
  ['base64', 'full width'],
  ['base64', 'comments'],
  ['base64', 'look-alikes'],
  ['comments', 'invisible'],
  ['marks', 'invisible'],
  ['marks', 'full width'],
  ['look-alikes', 'comments'],
] as [readonly Hiding[], ...(readonly Hiding[])[]];
