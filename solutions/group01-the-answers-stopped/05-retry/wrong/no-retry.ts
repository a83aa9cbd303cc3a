// Turns retries off after the incident: no storm, and each blip is an asker's failure.
import type { CreateRetry } from '#answerdesk/seams/retry.ts';

export const createRetry: CreateRetry =
  () =>
  ({ run }) =>
    run(1);
