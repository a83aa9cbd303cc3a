import { expect, test } from 'vitest';
import { Recorder } from './events.ts';
import { type Measures, measuresOf, retrievalMeasured } from './measures.ts';

const measures: Measures = {
  title: 'Retrieval, step by step',
  steps: ['nothing', 'naive'],
  classes: [
    { name: 'paraphrase', questions: 24 },
    { name: 'unanswerable', questions: 12 },
  ],
  metrics: [
    {
      name: 'recall@10',
      values: [
        [0, null],
        [0.75, null],
      ],
    },
    {
      name: 'nDCG@10',
      values: [
        [0, null],
        [0.612, null],
      ],
    },
    {
      name: 'MRR',
      values: [
        [0, null],
        [0.5, null],
      ],
    },
  ],
};

function recorded(...all: object[]) {
  const { events, record } = new Recorder();
  record({ stream: 'evaluation', type: 'EvaluationStarted', data: {} });
  for (const data of all) record({ stream: 'evaluation', type: 'RetrievalMeasured', data });
  return events;
}

test('an event is kept for each step and each class', () => {
  expect(retrievalMeasured(measures)).toHaveLength(4);
  expect(retrievalMeasured(measures)[2]).toEqual({
    step: 'naive',
    class: 'paraphrase',
    questions: 24,
    recallAt10: 0.75,
    ndcgAt10: 0.612,
    mrr: 0.5,
  });
});

test('what was recorded is read back as it was, with what was not measured', () => {
  expect(measuresOf(recorded(...retrievalMeasured(measures)), measures.title)).toEqual(measures);
});

test('a history without measurements holds no measures', () => {
  expect(measuresOf(recorded())).toBeUndefined();
});

test('a class that a step left out was not measured there, and the later of two measurements counts', () => {
  const of = (step: string, name: string, mrr: number) => ({ step, class: name, questions: 3, mrr });
  const history = recorded(of('naive', 'a', 0.1), of('hybrid', 'a', 0.2), of('hybrid', 'b', 0.3), of('hybrid', 'a', 1));
  const found = measuresOf(history);
  expect(found?.steps).toEqual(['naive', 'hybrid']);
  expect(found?.classes).toEqual([
    { name: 'a', questions: 3 },
    { name: 'b', questions: 3 },
  ]);
  expect(found?.metrics.find(({ name }) => name === 'MRR')?.values).toEqual([
    [0.1, null],
    [1, 0.3],
  ]);
});
