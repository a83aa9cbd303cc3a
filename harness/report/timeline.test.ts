import { expect, test } from 'vitest';
import { eventDetailLines } from './event-detail.ts';
import { event, narrow } from './fixtures.ts';
import { timeline, timelineLines } from './timeline.ts';

const long = [
  ...Array.from({ length: 200 }, (_, n) => event(n + 1, n % 4 === 0 ? 'ProviderCallFailed' : 'QuestionAsked', n)),
  event(201, 'CircuitOpened', 200, { data: { model: 'sol-large' } }),
  ...Array.from({ length: 50 }, (_, n) => event(n + 202, 'QuestionAsked', 200 + n)),
];

test('a long history is folded into stretches, with the rare events between them', () => {
  const rows = timeline(long);
  expect(rows.length).toBeLessThanOrEqual(32);
  expect(rows.filter(({ kind }) => kind === 'turn')).toMatchObject([{ event: { id: 201, type: 'CircuitOpened' } }]);
  expect(rows.reduce((sum, row) => sum + (row.kind === 'stretch' ? row.count : 1), 0)).toBe(long.length);
});

test('stretches are in the order of time, each with the turns of its time below it', () => {
  const times = timeline(long).map(({ at }) => at);
  expect(times).toEqual([...times].sort((a, b) => a - b));
});

test('bad news comes first in a stretch, and no line is wider than the screen', () => {
  const lines = timelineLines(long, narrow);
  expect(lines[0]).toMatch(/^ {2}09:41:00\.0 +10 {2}▪+ +3 ProviderCallFailed · 7 QuestionAsked$/);
  for (const line of lines) expect([...line].length).toBeLessThanOrEqual(80);
});

test('a short history is shown event by event', () => {
  const lines = timelineLines(
    [event(1, 'QuestionAsked', 0), event(2, 'AnswerDelivered', 3, { data: { waitedMs: 3000 } })],
    narrow,
  );
  expect(lines).toHaveLength(2);
  expect(lines[1]).toMatch(/09:41:03\.0 +#2 {2}AnswerDelivered +waited 3\.0 s$/);
});

test('an event in full comes with what caused it and all that followed from it', () => {
  const causedBy = (causationId: number) => ({ metadata: { correlationId: 'q-1', causationId } });
  const history = [
    event(1, 'QuestionAsked', 0),
    event(2, 'ProviderCalled', 1, causedBy(1)),
    event(3, 'ProviderCallFailed', 2, { ...causedBy(2), data: { status: 503 } }),
    event(4, 'QuestionAsked', 2),
    event(5, 'ProviderCalled', 3, causedBy(3)),
    event(6, 'AnswerDelivered', 4, causedBy(5)),
  ];
  const text = eventDetailLines(history, 3, narrow)?.join('\n') ?? '';
  expect(text).toMatch(/^#3 ProviderCallFailed {2}2026-03-03T09:41:02\.000Z/);
  expect(text).toMatch(/status {2}503/);
  expect(text).toMatch(/Caused by.*\n.*#1 {2}QuestionAsked\n.*#2 {2}ProviderCalled\n/);
  expect(text).toMatch(/Caused 2 events\n.*#5 {2}ProviderCalled\n.*#6 {2}AnswerDelivered$/);
  expect(eventDetailLines(history, 99, narrow)).toBeNull();
});
