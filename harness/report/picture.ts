/** A terminal's output as a picture that scales and can be read aloud: each line is text, inks are classes. */
export function pictureOf(output: string, { columns = 80, title }: { columns?: number; title: string }): string {
  const lines = output.replace(/\n+$/, '').split('\n');
  const [width, height] = [columns * CELL + 2 * PAD, lines.length * LINE + 2 * PAD];
  const rows = lines.map((line, n) => {
    const spans = spansOf(line);
    return spans === '' ? [] : [`<text x="${PAD}" y="${PAD + n * LINE + 14}">${spans}</text>`];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect width="${width}" height="${height}" rx="6" class="ground"/>`,
    ...rows.flat(),
    '</svg>',
    '',
  ].join('\n');
}

const CELL = 8.4;
const LINE = 18;
const PAD = 16;
const STYLE = [
  'text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#d4d4d4;white-space:pre}',
  '.ground{fill:#1b1b1d}.bold{font-weight:600;fill:#fff}.dim{fill:#8b8b90}',
  '.red{fill:#f0776b}.green{fill:#7fc98b}.cyan{fill:#6cc7d9}',
].join('');

const CLASSES: Readonly<Record<string, string>> = { 1: 'bold', 2: 'dim', 31: 'red', 32: 'green', 36: 'cyan' };

/** Splits a line at its ink changes. picocolors closes an ink with 22 or 39. */
function spansOf(line: string): string {
  let ink: string | undefined;
  return line
    .split('\u001b[')
    .map((part, n) => {
      const [, code = '', text = part] = n === 0 ? [] : (/^([\d;]*)m(.*)$/s.exec(part) ?? []);
      if (n > 0) ink = CLASSES[code];
      if (text === '') return '';
      return ink ? `<tspan class="${ink}">${escaped(text)}</tspan>` : escaped(text);
    })
    .join('');
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
