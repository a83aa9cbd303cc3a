import { expect, test } from 'vitest';
import { pictureOf } from './picture.ts';

test('each run of an ink is a text at its column, and what XML would misread is escaped', () => {
  const svg = pictureOf('\u001b[1mGroup 1\u001b[22m\n\n  \u001b[31m✗\u001b[39m 2 < 3   & more\n', { title: 'a run' });
  expect(svg).toContain('<title>a run</title>');
  expect(svg.match(/<text .*/g)).toEqual([
    '<text x="16" y="30" textLength="58.8" class="bold">Group 1</text>',
    '<text x="32.8" y="66" textLength="8.4" class="red">✗</text>',
    '<text x="49.6" y="66" textLength="42">2 &lt; 3</text>',
    '<text x="116.8" y="66" textLength="50.4">&amp; more</text>',
  ]);
});
