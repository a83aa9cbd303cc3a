import { expect, test } from 'vitest';
import { pictureOf } from './picture.ts';

test('each line is text with its inks, and what XML would misread is escaped', () => {
  const svg = pictureOf('\u001b[1mGroup 1\u001b[22m\n\n  \u001b[31m✗\u001b[39m 2 < 3 & more\n', { title: 'a run' });
  expect(svg).toContain('<title>a run</title>');
  expect(svg).toContain('<tspan class="bold">Group 1</tspan></text>');
  expect(svg).toContain('>  <tspan class="red">✗</tspan> 2 &lt; 3 &amp; more</text>');
  expect(svg).not.toContain('\u001b');
});
