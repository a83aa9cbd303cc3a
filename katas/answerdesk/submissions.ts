import fastify, { type FastifyInstance } from 'fastify';
import type { Answer, Emit } from './domain.ts';
import { ANSWER_QUESTION } from './question-worker.ts';
import type { CommandBus } from './seams/command.ts';
import type { CommandRequest, Outcome } from './seams/idempotency.ts';
import type { Seams } from './seams.ts';
import type { Settings } from './settings.ts';
import type { SqlPort } from './sql-port.ts';

/** What an app sends: who asks is in its token, which send this is in its headers. */
export interface Submission {
  text: string;
  context: Record<string, unknown>;
}

export interface SubmissionPorts {
  bus: CommandBus;
  /** Resolves when the command with this id has its answer, rejects when it failed. */
  answered: (commandId: string) => Promise<Answer>;
  sql: SqlPort;
  emit: Emit;
}

/** Questions from the apps: each becomes a command in the queue, and its submission waits for the answer. */
export function createSubmissions(seams: Seams, settings: Settings, ports: SubmissionPorts): FastifyInstance {
  const { bus, answered, sql } = ports;
  const emit: Emit = (event) => ports.emit({ ...event });
  const idempotency = seams.createIdempotency({ sql, emit }, settings.idempotency);

  async function answer(request: CommandRequest, sentWith: object, effectKey: string): Promise<Outcome> {
    const { tenant, body } = request;
    const payload = { ...(body as Submission), ...sentWith, tenant };
    await bus.submit({ ...ANSWER_QUESTION, id: effectKey, payload });
    try {
      const { text } = await answered(effectKey);
      return { status: 200, body: { text }, done: true };
    } catch {
      return { status: 503, body: { error: 'The model is not answering. Try again.' }, done: false };
    }
  }

  const app = fastify({ logger: false });
  app.post<{ Params: { tenant: string }; Body: Submission }>('/tenants/:tenant/submissions', async (request, reply) => {
    const { 'idempotency-key': key, 'x-request-id': requestId, 'x-sent-at': sentAt } = request.headers;
    const command: CommandRequest = {
      tenant: request.params.tenant,
      method: 'POST',
      path: '/submissions',
      ...(typeof key === 'string' && { key }),
      body: request.body,
    };
    const { status, body } = await idempotency.handle(command, (key) => answer(command, { requestId, sentAt }, key));
    return reply.code(status).send(body);
  });
  return app;
}
