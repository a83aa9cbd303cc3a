import fastify, { type FastifyInstance } from 'fastify';
import { createAnswering, type FullAnswer, type Source } from './answering.ts';
import type { Emit, Question } from './domain.ts';
import { type Fetch, httpProvider } from './http-provider.ts';
import { createJobLog, type Queue } from './job-log.ts';
import { createMeter } from './metering.ts';
import { createProviderClient } from './provider-client.ts';
import type { Seams } from './seams.ts';
import type { Settings } from './settings.ts';

export interface AnswerdeskPorts {
  fetch: Fetch;
  sources: readonly Source[];
  queue: Queue;
  emit: Emit;
}

/** Answerdesk: questions in, answers out, with every seam filled by `seams`. */
export function createAnswerdesk(seams: Seams, settings: Settings, ports: AnswerdeskPorts): FastifyInstance {
  const emit: Emit = (event) => ports.emit({ ...event });
  const meter = createMeter();
  const provider = httpProvider(ports.fetch, settings.providerUrl, meter);
  const deadlines = seams.createDeadlines({ emit });
  const askProvider = createProviderClient(seams, settings, { ask: provider.ask, deadlines, emit });
  const answer = createAnswering(seams, settings, { askProvider, sources: ports.sources, emit });
  const jobs = createJobLog(seams, ports.queue, emit);

  const intake = seams.createIntake(
    {
      emit,
      answer: async (question): Promise<FullAnswer> => {
        jobs.note(question.id, 'JobStarted');
        try {
          const full = await answer(question);
          jobs.note(question.id, 'JobFinished');
          return full;
        } catch (error) {
          jobs.note(question.id, 'JobFailed');
          throw error;
        }
      },
    },
    settings.execution,
  );
  let tasks = 0;
  const reindexing = seams.createTasks(
    {
      emit,
      newId: () => `task-${++tasks}`,
      embed: (unit, signal) => provider.embed(settings.embeddingModel, unit, signal),
    },
    settings.tasks,
  );

  const app = fastify({ logger: false });
  app.post<{ Body: Question }>('/questions', async ({ body }, reply) => {
    jobs.note(body.id, 'JobQueued');
    const answered = await intake.submit({ ...body, route: body.model });
    if (answered.status === 200) return answered.answer;
    return reply.code(202).header('location', answered.location).send({ jobId: answered.jobId });
  });
  app.get<{ Params: { id: string } }>('/jobs/:id', async ({ params }, reply) => {
    const job = await intake.job(params.id);
    return job ?? reply.code(404).send({ error: `no job ${params.id}` });
  });
  app.post<{ Params: { tenant: string }; Body: { units: string[] } }>(
    '/tenants/:tenant/reindex',
    async (request, reply) => {
      const started = await reindexing.start({ tenant: request.params.tenant, units: request.body.units });
      return reply.code(started.status).header('location', started.location).send(started);
    },
  );
  app.get<{ Params: { id: string } }>('/tasks/:id', async ({ params }, reply) => {
    const status = await reindexing.status(params.id);
    return reply.code(status.status).send(status);
  });
  app.get<{ Params: { tenant: string } }>('/tenants/:tenant/usage', async ({ params }) => meter.of(params.tenant));
  return app;
}
