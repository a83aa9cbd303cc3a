import * as v from 'valibot';
import { count, data, type EventShapes, ms, share, text } from './shapes.ts';

const question = data({
  id: text,
  tenant: text,
  model: text,
  text,
  route: v.optional(text),
  mustBeFresh: v.optional(v.boolean()),
});
const fault = {
  fault: count,
  model: v.optional(text),
  tenant: v.optional(text),
  questions: v.optional(v.array(text)),
  share: v.optional(share),
  latencyMs: v.optional(ms),
  status: v.optional(count),
  retryAfter: v.optional(text),
  code: v.optional(text),
};
const request = { questionId: text, ms };
const job = data({ jobId: text, from: text, to: text });
const step = data({ runId: text, step: v.optional(text) });
const task = data({ taskId: text, tenant: text, done: count, total: count });
const execution = data({ questionId: text, jobId: text });
const reindex = { tenant: text, ms };

const users = {
  QuestionAsked: data({ question }),
  QuestionAskedAgain: data({ questionId: text, ask: count }),
  QuestionReceiptGiven: data({ ...request, job: text }),
  AnswerDelivered: data({
    ...request,
    text,
    rung: text,
    degraded: v.boolean(),
    ageMs: ms,
    missing: v.array(text),
  }),
  RequestFailed: data({ ...request, status: count }),
  RequestHung: data(request),
  QuestionGivenUp: data({ questionId: text }),
  AcceptedQuestionLost: data({ ...request, state: text }),
  ReindexAsked: data({ tenant: text, units: count }),
  ReindexAccepted: v.union([data({ ...reindex, status: count }), data({ taskId: text })]),
  ReindexCut: v.union([data(reindex), data({ afterMs: ms })]),
  ReindexEnded: data({ ...reindex, state: text }),
};

const outside = {
  ProviderFaultBegan: data(fault),
  ProviderFaultEnded: data({ fault: count }),
  ProviderCallStarted: data({ call: count, question: text, model: text }),
  ProviderCallEnded: data({
    call: count,
    ms,
    status: v.optional(count),
    retryAfter: v.optional(text),
    code: v.optional(text),
  }),
  ProviderCallAborted: data({ call: count }),
  SourceFailed: data({ source: text, question: text }),
};

const seams = {
  QuestionAccepted: execution,
  JobFinished: v.union([execution, job]),
  JobFailed: v.union([execution, job, data({ job: text, reservations: count })]),
  JobQueued: v.union([job, data({ job: text, tenant: text, answerable: v.boolean() })]),
  JobStarted: job,
  JobWaited: job,
  JobResumed: job,
  JobRetried: job,
  JobCancelled: job,
  JobPaused: job,
  JobUnpaused: job,
  JobEventRefused: data({ jobId: text, event: text }),
  TaskStarted: task,
  TaskProgressed: task,
  TaskFinished: task,
  TaskFailed: task,
  TaskCancelled: task,
  WorkflowStepCompleted: step,
  WorkflowStepFailed: step,
  WorkflowStepCompensated: step,
  WorkflowCompleted: step,
  RetryScheduled: data({ operation: text, attempt: count, reason: text }),
  RetriesExhausted: data({ operation: text, attempt: count, reason: text }),
  HopTimedOut: data({ hop: text, afterMs: ms }),
  CircuitOpened: data({ model: text }),
  CircuitClosed: data({ model: text }),
  PartMissed: data({ part: text }),
  PartDeliveredLate: data({ part: text }),
  AnswerDegraded: data({ questionId: text, tenant: text, rung: text, ageMs: ms }),
};

/** From the recordings that katas make themselves. */
const ownScenes = {
  ReindexRequested: data({ tenant: text, units: count, unitMs: ms, regretsAfterMs: v.optional(ms) }),
  ReindexDelivered: data({ status: count, units: count }),
  ReindexGivenUp: data({ cuts: count }),
  ProviderCallsCounted: data({ calls: count, wanted: count }),
  JobDelivered: data({ job: text, reservations: count }),
  JobHandedBack: data({ job: text }),
  WorkerKilled: data({ worker: count, reason: text }),
  StepDuplicated: data({ job: text, step: text, billed: v.boolean() }),
  JobEventDelivered: data({ job: data({ id: text, jobId: text, type: text, at: ms }) }),
  JobMoved: data({ from: text, to: text }),
  TicketOpened: data({ ticket: text, tenant: text }),
  TicketViewShown: data({ ticket: text, afterMs: ms }),
  TicketViewFailed: data({ ticket: text, afterMs: ms, reason: text }),
  SourceFaultBegan: data({ fault: count, source: text, status: v.optional(count), latencyMs: v.optional(ms) }),
  SourceFaultEnded: data({ fault: count }),
};

export const group01: readonly EventShapes[] = [users, outside, seams, ownScenes];
