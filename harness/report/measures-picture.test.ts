import fc from 'fast-check';
import { expect, test } from 'vitest';
import { measured, measures } from './fixtures.ts';
import { apart, metricPicture } from './measures-picture.ts';

test('labels keep their distance, their order and their bounds, and stay where they are wanted if they can', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 30, max: 240 }), { maxLength: 13 }), (wanted) => {
      const places = apart(wanted, 16, 30, 240);
      const order = wanted
        .map((at, n) => ({ at, place: places[n] ?? 0 }))
        .sort((a, b) => a.at - b.at || a.place - b.place);
      for (const [n, { place }] of order.entries()) {
        expect(place).toBeGreaterThanOrEqual(30);
        expect(place).toBeLessThanOrEqual(240);
        if (n > 0) expect(place - (order[n - 1]?.place ?? 0)).toBeGreaterThan(15.8);
      }
    }),
  );
  expect(apart([100, 200, 40], 16, 30, 240)).toEqual([100, 200, 40]);
  expect(apart([100, 100], 16, 30, 240)).toEqual([92, 108]);
  expect(apart([30, 30], 16, 30, 240)).toEqual([30, 46]);
});

test('each class that was measured has a line and a label, and the recorded one is faint behind it', () => {
  const svg = metricPicture(measures, 'nDCG@10', 'm-1');
  expect(svg.match(/<path class="k\d"/g)?.length).toBe(6);
  expect(svg.match(/<path class="was k\d"/g)?.length).toBe(6);
  expect(svg).toContain('>exact identifier .92</text>');
  expect(svg).not.toContain('unanswerable');
  expect(svg).toMatch(/<title id="m-1">nDCG@10 by step\. exact identifier: nothing \.00, naive \.21, /);
  expect(metricPicture({ ...measures, recorded: null }, 'nDCG@10', 'm-1')).not.toMatch(/was|as recorded/);
});

test('a line is broken where nothing was measured, and names cannot break out of the picture', () => {
  const now = measured({ a: [0.5], b: [null], c: [1], d: [0] }, 'a <b> & "c"');
  const svg = metricPicture({ recorded: null, now }, 'nDCG@10', 'm-1');
  expect(svg).toContain('<path class="k0" d="M64 135M421.3 30L600 240"/>');
  expect(svg).toContain('a &lt;b&gt; &amp; &quot;c&quot; .00');
  expect(svg).not.toContain('<b>');
});

test('what was not measured at all is no picture', () => {
  expect(metricPicture({ recorded: null, now: measured({ a: [null] }, 'b') }, 'MRR', 'm-1')).toBe('');
});
