import { playWorld } from '#answerdesk/simulation/world.ts';
import { gate } from '#kit/gate.ts';
import { createIntake } from './01-sync-vs-async-execution/kata.ts';
import { createTasks } from './02-long-running-task/kata.ts';
import { createWorkflows } from './03-job-workflow/kata.ts';
import { createJobs } from './04-state/kata.ts';
import { createRetry } from './05-retry/kata.ts';
import { createBackoff } from './06-exponential-backoff/kata.ts';
import { createDeadlines } from './07-timeout/kata.ts';
import { protectProvider } from './08-circuit-breaker/kata.ts';
import { gatherParts } from './09-partial-result/kata.ts';
import { createLadder } from './10-graceful-degradation/kata.ts';
import { objectives } from './incident/objectives.ts';
import { RECORDED_SEED, world } from './incident/script.ts';

const seams = {
  createIntake,
  createTasks,
  createWorkflows,
  createJobs,
  createRetry,
  createBackoff,
  createDeadlines,
  protectProvider,
  gatherParts,
  createLadder,
};

gate(objectives, RECORDED_SEED, (seed, { clock, history }) => playWorld(world(seed), seams, clock, history));
