import { readFileSync } from 'node:fs';
import Fastify from 'fastify';
import { expect, test } from 'vitest';
import type { GroupReport, KataReport, ProgressReport } from '../progress/progress-report.ts';
import { measures, narrow } from './fixtures.ts';
import { progressHtml } from './progress-html.ts';
import { progressJunit } from './progress-junit.ts';
import { progressLines } from './progress-lines.ts';
import { progressMarkdown } from './progress-markdown.ts';

const kata = (id: string, over: Partial<KataReport> = {}): KataReport => ({
  id,
  title: `Calls & <retries> of ${id}`,
  pattern: 'Retry',
  path: `katas/group01-slow/${id}`,
  state: 'open',
  says: '',
  score: 0,
  points: 5,
  version: 1,
  behaviours: [
    { id: 'incident', points: 3, passed: null },
    { id: 'trade-off', points: 2, passed: null },
  ],
  coverage: null,
  runs: 0,
  attempts: 0,
  attemptsToGreen: null,
  startedAt: null,
  solvedAt: null,
  timeToGreenMs: null,
  workedMs: 0,
  hints: { taken: 0, beforeGreen: 0, level: 0 },
  solution: 'not seen',
  notes: null,
  orderDeviation: null,
  ...over,
});

const damage = (value: number) => ({
  resolved: value === 0,
  objectives: [{ name: 'questions left waiting', limit: '≤ 0', value, unit: 'questions', met: value === 0 }],
});

const at = (minute: number) => `2026-03-03T10:${String(minute).padStart(2, '0')}:00.000Z`;

const red = kata('1.1', {
  state: 'red',
  score: 2,
  runs: 3,
  attempts: 2,
  workedMs: 25 * 60_000,
  startedAt: at(1),
  behaviours: [
    { id: 'incident', points: 3, passed: false },
    { id: 'trade-off', points: 2, passed: true },
  ],
  hints: { taken: 2, beforeGreen: 2, level: 2 },
  solution: 'before green',
  coverage: { lines: 0.996, branches: 0.667 },
  notes: { words: 120, at: at(9) },
});
const stale = kata('1.2', { state: 'stale', runs: 1, version: 4, says: 'passed v3, not run on v4' });

const group: GroupReport = {
  number: 1,
  name: 'Slow',
  here: true,
  size: 10,
  state: 'begun',
  says: '',
  resolvedAt: null,
  damage: { recorded: damage(174), first: damage(174), last: damage(9) },
  measures,
  katas: [red, stale],
};

const report: ProgressReport = {
  report: 'incident-katas/progress',
  version: 1,
  generatedAt: at(59),
  learner: { id: '4f8d2c1e-0000', name: 'Ada <ada@example.com>', cohort: 'spring' },
  history: {
    events: 12,
    receipt: 'kata-receipt.4f8d2c1e-0000.12.abc',
    intact: true,
    breach: null,
    clockSetBack: { times: 1, mostMs: 5_400_000 },
  },
  summary: {
    katas: 90,
    here: 2,
    states: { open: 0, red: 1, green: 0, stale: 1, edited: 0 },
    score: 0,
    points: 10,
    groupsResolved: 0,
    attempts: 2,
    workedMs: 25 * 60_000,
    hints: 2,
    solutionsBeforeGreen: 1,
    notes: 1,
    orderDeviations: 0,
  },
  next: { kata: '1.1', group: 1, why: '1.1 is red, with 2 of 5 points.' },
  groups: [
    group,
    {
      ...group,
      number: 2,
      here: false,
      state: 'absent',
      says: 'not in this copy yet',
      katas: [],
      damage: { recorded: null, first: null, last: null },
      measures: null,
    },
  ],
  timeline: [
    { n: 2, at: at(1), type: 'SuiteGraded', kata: '1.1', group: null, tone: 'bad', says: '1.1 red, 2 of 5 points' },
    { n: 3, at: at(5), type: 'HintTaken', kata: '1.1', group: null, tone: 'help', says: 'hint 1 of 1.1' },
    {
      n: 4,
      at: at(9),
      type: 'GateReplayed',
      kata: null,
      group: 1,
      tone: 'bad',
      says: 'incident of group 1: 0 of 1 objectives met',
    },
  ],
};
const tampered: ProgressReport = {
  ...report,
  history: {
    ...report.history,
    intact: false,
    breach: { kind: 'edited', n: 3, says: 'event 3 (SuiteGraded) was edited' },
  },
};

test('the JSON is as its published schema says', async () => {
  const schema = JSON.parse(readFileSync(new URL('../../docs/report.schema.json', import.meta.url), 'utf8')) as object;
  const server = Fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false, strict: false } } });
  server.post('/', { schema: { body: schema } }, async () => 'valid');
  const judge = async (body: object) => (await server.inject({ method: 'POST', url: '/', payload: body })).body;
  const { measures: _, ...earlier } = group;
  for (const one of [report, tampered, { ...report, groups: [earlier] }]) expect(await judge(one)).toBe('valid');
  expect(await judge({ ...report, medal: 'tin' })).toContain('must NOT have additional properties');
  const { receipt, ...history } = report.history;
  expect(await judge({ ...report, history })).toContain("must have required property 'receipt'");
  await server.close();
});

test('text fits 80 columns, has no control characters, and says what counts', () => {
  const lines = progressLines(report, narrow);
  for (const line of lines) expect([...line].length).toBeLessThanOrEqual(80);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a pipe must not get
  expect(lines.join('')).not.toMatch(/[\u0000-\u001f]/);
  const text = lines.join('\n');
  expect(text).toMatch(/✗ 1\.1 .* 2\/5 {2}red +2 attempts/);
  expect(text).toContain('1.2 passed v3, not run on v4');
  expect(text).toContain('  Lines and branches that the suites ran: 1.1 99 % / 66 %\n');
  expect(text).toMatch(/questions left waiting +174 +9/);
  expect(text).toContain('kata-receipt.4f8d2c1e-0000.12.abc');
  expect(text.replace(/\s+/g, ' ')).toContain('The clock was set back once, by up to 90 min');
});

test('a tampered history is said in every format for people', () => {
  expect(progressLines(tampered, narrow).join(' ')).toContain('event 3 (SuiteGraded) was edited (edited)');
  expect(progressMarkdown(tampered)).toContain('**Not what was kept: event 3 (SuiteGraded) was edited (edited).**');
  expect(progressHtml(tampered)).toContain('<strong>Not what was kept:</strong> event 3 (SuiteGraded) was edited');
});

test('Markdown has a table for the katas and one for the damage', () => {
  const text = progressMarkdown(report);
  expect(text).toContain(
    '| ✗ 1.1 | Calls & \\<retries\\> of 1.1 | Retry | red | 2/5 | 99 % / 66 % | 2 | 2 | before green |',
  );
  expect(text).toContain('| questions left waiting | 174 | 9 | none | not met |');
});

test('the HTML is one file without scripts, and with the map, the pictures and the timeline', () => {
  const html = progressHtml(report);
  expect(html).not.toMatch(/<script|<link|<img|@import|url\(|src=|href=/);
  expect(html).not.toContain('<retries>');
  expect(html).toContain('<td>2/5</td><td>99 % / 66 %</td>');
  expect(html).toContain('Ada &lt;ada@example.com&gt;');
  expect(html).toMatch(
    /<svg class="damage"[\s\S]*questions left waiting: 174 before, 9 now, none asked\.[\s\S]*<\/svg>/,
  );
  expect(html).toMatch(/<svg class="timeline"[\s\S]*hint 1 of 1\.1[\s\S]*<\/svg>/);
  expect(html).toMatch(/<li class="stale" title="1\.2 [^"]*passed v3, not run on v4">/);
  const [open, close] = [/<(svg|section|table|ul|ol|li|text|title)\b/g, /<\/(svg|section|table|ul|ol|li|text|title)>/g];
  expect(html.match(open)?.length).toBe(html.match(close)?.length);
});

test('how good retrieval is stands in every format for people, with what did not help', () => {
  const text = progressLines(report, narrow).join('\n');
  expect(text).toContain('  hybrid       .89 +.68   .62 +.18 ');
  expect(text.replace(/\s+/g, ' ')).toContain(
    'Steps that helped no class, or made one worse: hybrid: paraphrase −.04; ',
  );
  const markdown = progressMarkdown(report);
  expect(markdown).toContain('| nDCG@10 | exact identifier (20) | paraphrase (21) |');
  expect(markdown).toMatch(/\| hybrid \| \.89 \(\+\.68\) \| \.62 \(\+\.18\) \|.* – \|/);
  expect(markdown).toContain('- hybrid: paraphrase −.04\n- multi-stage: no class changes by .01 or more\n');
  const html = progressHtml(report);
  expect(html.match(/<svg class="plot"/g)?.length).toBe(3);
  expect(html).toContain('<li>hybrid: paraphrase −.04</li>');
  expect(html).toContain('<th scope="row">hybrid</th><td>1.0<br><small>was .25</small></td>');
});

test('JUnit has a case for each behaviour; what was not run on this suite is skipped', () => {
  const xml = progressJunit(report);
  expect(xml).toContain('<testsuites name="incident-katas" tests="4" failures="1" skipped="2"');
  expect(xml).toContain('name="1.1 Calls &amp; &lt;retries&gt; of 1.1"');
  expect(xml).toContain(
    '<testcase classname="1.2" name="incident"><skipped message="passed v3, not run on v4"/></testcase>',
  );
  expect(xml).toContain('<testcase classname="1.1" name="trade-off"/>');
  expect(xml.match(/<property name="[^"]*" value="[^"]*"\/>/g)).toEqual([
    '<property name="coverage.lines" value="0.996"/>',
    '<property name="coverage.branches" value="0.667"/>',
  ]);
});

test('nothing done is a report too', () => {
  const nothing = { ...report, timeline: [], groups: [{ ...group, katas: [kata('1.1')] }] };
  expect(progressLines(nothing, narrow).join('\n')).toContain('Nothing was run yet. Begin: pnpm kata next');
  expect(progressHtml(nothing)).not.toContain('<svg class="timeline"');
});
