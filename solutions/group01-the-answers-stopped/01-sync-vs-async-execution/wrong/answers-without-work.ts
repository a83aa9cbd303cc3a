// Says sorry at once, to everybody: all callers are in time, and nobody worked on a question.
import type { CreateIntake } from '#answerdesk/seams/execution.ts';

export const createIntake: CreateIntake = () => ({
  submit: async ({ id }) => ({ status: 200, answer: { questionId: id, text: 'We are looking into it.' } }),
  job: () => undefined,
});
