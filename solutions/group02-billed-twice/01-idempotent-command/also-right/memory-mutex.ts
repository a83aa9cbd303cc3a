// In memory, a class: a mutex for each key, so that submissions take turns; the first reply is kept as text.
import { E_TIMEOUT, Mutex, withTimeout } from 'async-mutex';
import canonicalize from 'canonicalize';
import type {
  CommandRequest,
  CreateIdempotency,
  IdempotencyEvent,
  IdempotencyPolicy,
  IdempotencyPorts,
  Reply,
  Work,
} from '#answerdesk/seams/idempotency.ts';

class Command {
  readonly turns = new Mutex();
  readonly request: string;
  readonly until: number;
  reply: string | undefined;
  constructor(request: string, until: number) {
    this.request = request;
    this.until = until;
  }
}

class Idempotency {
  readonly #ports: IdempotencyPorts;
  readonly #policy: IdempotencyPolicy;
  readonly #tenants: Record<string, Map<string, Command>> = {};
  #others = 0;

  constructor(ports: IdempotencyPorts, policy: IdempotencyPolicy) {
    this.#ports = ports;
    this.#policy = policy;
  }

  async handle(request: CommandRequest, work: Work): Promise<Reply> {
    if (request.method !== 'POST') return this.#plainly(await work(`once ${Date.now()} ${this.#others++}`));
    if (!request.key) return { status: 400, body: null };
    const { tenant, key } = request;
    const say = (type: IdempotencyEvent['type'], status?: number) =>
      this.#ports.emit({ type, data: { tenant, key, ...(status && { status }) } });

    const asText = canonicalize({ path: request.path, body: request.body }) ?? '';
    const command = this.#find(tenant, key, asText);
    if (command.request !== asText) {
      say('CommandRefused', 422);
      return { status: 422, body: null };
    }
    try {
      return await withTimeout(command.turns, this.#policy.claimMs).runExclusive(async () => {
        if (command.reply) {
          const reply = JSON.parse(command.reply) as Reply;
          say('CommandReplayed', reply.status);
          return reply;
        }
        say('CommandClaimed');
        const outcome = await work(`command ${JSON.stringify([tenant, key])}`);
        const reply = this.#plainly(outcome);
        if (outcome.done) command.reply = JSON.stringify(reply);
        return reply;
      });
    } catch (error) {
      if (error !== E_TIMEOUT) throw error;
      say('CommandRefused', 409);
      return { status: 409, body: null };
    }
  }

  #find(tenant: string, key: string, request: string): Command {
    const commands = this.#tenants[tenant] ?? new Map<string, Command>();
    this.#tenants[tenant] = commands;
    for (const [old, { until }] of commands) if (until <= Date.now()) commands.delete(old);
    const command = commands.get(key) ?? new Command(request, Date.now() + this.#policy.windowMs);
    commands.set(key, command);
    return command;
  }

  #plainly({ status, body }: Reply): Reply {
    return { status, body };
  }
}

export const createIdempotency: CreateIdempotency = (ports, policy) => new Idempotency(ports, policy);
