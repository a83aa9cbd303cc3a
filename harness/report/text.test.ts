import { expect, test } from 'vitest';
import { duration, quantity } from './figures.ts';
import { screenOf } from './screen.ts';
import { fit, paragraph, printable, wrap } from './text.ts';

test('an answer cannot send control characters to the terminal', () => {
  expect(printable('\u001b[31mred\u001b[0m\u0007 and\r\n\tmore\u009b2J')).toBe('red and more');
});

test('a megabyte is cut', () => {
  expect(printable('x'.repeat(1_000_000)).length).toBe(2001);
});

test('text is wrapped at spaces, and a word that is too long where the line ends', () => {
  expect(wrap('37 questions were still hanging', 14)).toEqual(['37 questions', 'were still', 'hanging']);
  expect(wrap('a/very/long/path here', 8)).toEqual(['a/very/l', 'ong/path', 'here']);
});

test('a figure stays with its unit, and an event with its number', () => {
  expect(wrap('waited 30.0 s [event 35]', 13)).toEqual(['waited 30.0 s', '[event 35]']);
  expect(wrap('waited for 30.0 s (event 35)', 16)).toEqual(['waited for', '30.0 s', '(event 35)']);
});

test('a paragraph keeps its margin', () => {
  expect(paragraph('one two three four five six', 24, '    ')).toEqual(['    one two three four', '    five six']);
});

test('what does not fit ends in a sign that says so', () => {
  expect(fit('Asking a dead model', 10)).toBe('Asking a …');
});

test.for([
  [280, 'ms', '280 ms'],
  [30_000, 'ms', '30.0 s'],
  [860_000, 'ms', '14 min 20 s'],
  [1.456, '', '1.46'],
  [4122, 'calls', '4,122'],
  [12.5, '%', '12.5 %'],
  [0.5, '%', '0.5 %'],
  [0.612, '', '0.612'],
  [0.6, '', '0.60'],
  [0.9996, '', '1.00'],
  [0, '', '0'],
  [Number.POSITIVE_INFINITY, 's', 'never'],
] as const)('%d %s is shown as %s', ([value, unit, shown]) => {
  expect(quantity(value, unit)).toBe(shown);
});

test('a duration just under a second is not called a second', () => {
  expect(duration(999.4)).toBe('999.4 ms');
});

test.for([
  [{ isTTY: true, columns: 140 }, {}, { columns: 140, colour: true }],
  [{ isTTY: true, columns: 0 }, {}, { columns: 80, colour: true }],
  [{ isTTY: true, columns: 100 }, { NO_COLOR: '1' }, { columns: 100, colour: false }],
  [{ isTTY: true, columns: 100 }, { TERM: 'dumb' }, { columns: 100, colour: false }],
  [{}, {}, { columns: 80, colour: false }],
  [{}, { FORCE_COLOR: '1' }, { columns: 80, colour: true }],
] as const)('the screen of %o with %o is %o', ([stream, env, screen]) => {
  expect(screenOf(stream, env)).toEqual(screen);
});
