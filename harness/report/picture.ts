import { widthOf } from './text.ts';

/** A terminal's output as a picture that scales and can be read aloud. Every run of one ink is placed by its column. */
export function pictureOf(output: string, { columns = 80, title }: { columns?: number; title: string }): string {
  const lines = output.replace(/\n+$/, '').split('\n');
  const [width, height] = [Math.ceil(columns * CELL) + 2 * PAD, lines.length * LINE + 2 * PAD];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect width="${width}" height="${height}" rx="6" class="ground"/>`,
    ...lines.flatMap((line, n) => runsOf(line).map((run) => textOf(run, PAD + n * LINE + 14))),
    '</svg>',
    '',
  ].join('\n');
}

const CELL = 8.4;
const LINE = 18;
const PAD = 16;
const STYLE = [
  'text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#d4d4d4}',
  '.ground{fill:#1b1b1d}.bold{font-weight:600;fill:#fff}.dim{fill:#8b8b90}',
  '.red{fill:#f0776b}.green{fill:#7fc98b}.cyan{fill:#6cc7d9}',
].join('');

const CLASSES: Readonly<Record<string, string>> = { 1: 'bold', 2: 'dim', 31: 'red', 32: 'green', 36: 'cyan' };

interface Run {
  column: number;
  text: string;
  ink: string | undefined;
}

/** Splits a line where the ink changes and where there are two spaces or more, which viewers would close up. */
function runsOf(line: string): Run[] {
  const runs: Run[] = [];
  let column = 0;
  for (const [n, part] of line.split('\u001b[').entries()) {
    const [, code, text = part] = n === 0 ? [] : (/^([\d;]*)m(.*)$/s.exec(part) ?? []);
    for (const { 0: words, index } of text.matchAll(/\S+(?: \S+)*/g)) {
      runs.push({ column: column + widthOf(text.slice(0, index)), text: words, ink: code && CLASSES[code] });
    }
    column += widthOf(text);
  }
  return runs;
}

function textOf({ column, text, ink }: Run, y: number): string {
  const [x, length] = [PAD + column * CELL, widthOf(text) * CELL].map((value) => Math.round(value * 10) / 10);
  return `<text x="${x}" y="${y}" textLength="${length}"${ink ? ` class="${ink}"` : ''}>${escaped(text)}</text>`;
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
