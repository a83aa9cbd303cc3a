// The book's classes: each command an object with execute and undo, the set a composite of them. The queue carries only their descriptions.
import type { Command, CommandBus, CommandHandler, CommandPorts, CreateCommandBus } from '#answerdesk/seams/command.ts';

class Refusal extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** What the journal knows, read anew for each thing that is asked of the bus. */
class Ledger {
  readonly #results = new Map<string, { command: Command; result: unknown }>();
  readonly #undone = new Set<string>();
  readonly #ports: CommandPorts;
  constructor(ports: CommandPorts) {
    this.#ports = ports;
  }
  async load(): Promise<this> {
    for (const entry of await this.#ports.journal.read()) {
      if (entry.type === 'CommandExecuted') this.#results.set(entry.command.id, entry);
      else this.#undone.add(entry.id);
    }
    return this;
  }
  resultOf = (id: string) => this.#results.get(id);
  isUndone = (id: string) => this.#undone.has(id);
  stands = (id: string) => this.#results.has(id) && !this.#undone.has(id);
  async executed(command: Command, result: unknown): Promise<void> {
    await this.#ports.journal.append({ type: 'CommandExecuted', command, result });
    this.#results.set(command.id, { command, result });
    this.#ports.emit({ type: 'CommandExecuted', data: { id: command.id, name: command.name } });
  }
  async undone({ id, name }: Command): Promise<void> {
    await this.#ports.journal.append({ type: 'CommandUndone', id });
    this.#undone.add(id);
    this.#ports.emit({ type: 'CommandUndone', data: { id, name } });
  }
}

interface Executable {
  readonly revocable: boolean;
  execute(ledger: Ledger): Promise<unknown>;
  undo(ledger: Ledger): Promise<void>;
}

class Single implements Executable {
  readonly command: Command;
  readonly #handler: CommandHandler;
  readonly #emit: CommandPorts['emit'];
  constructor(command: Command, handler: CommandHandler, emit: CommandPorts['emit']) {
    this.command = command;
    this.#handler = handler;
    this.#emit = emit;
  }
  get revocable() {
    return this.#handler.undo !== undefined;
  }
  get readOnly() {
    return this.#handler.readOnly === true;
  }
  ask = () => this.#handler.execute(this.command.payload, this.command.id);
  async execute(ledger: Ledger) {
    const before = ledger.resultOf(this.command.id);
    if (before) return before.result;
    const result = await this.ask().catch((error: unknown) => {
      this.#emit({ type: 'CommandFailed', data: { id: this.command.id, name: this.command.name } });
      throw error;
    });
    await ledger.executed(this.command, result);
    return result;
  }
  async undo(ledger: Ledger) {
    const { id, payload } = this.command;
    if (!ledger.stands(id)) return;
    await this.#handler.undo?.(payload, ledger.resultOf(id)?.result, id);
    await ledger.undone(this.command);
  }
}

class Macro implements Executable {
  readonly command: Command;
  readonly #parts: Single[];
  constructor(command: Command, parts: Single[]) {
    this.command = command;
    this.#parts = parts;
  }
  get revocable() {
    return this.#parts.every(({ revocable }) => revocable);
  }
  async execute(ledger: Ledger) {
    const before = ledger.resultOf(this.command.id);
    if (before) return before.result;
    if (this.#parts.some(({ command }) => ledger.isUndone(command.id))) {
      await this.#rollBack(ledger);
      throw new Refusal('TAKEN_BACK', `the set ${this.command.id} failed earlier`);
    }
    const results: unknown[] = [];
    for (const part of this.#parts) {
      try {
        results.push(await part.execute(ledger));
      } catch (error) {
        await this.#rollBack(ledger);
        throw error;
      }
    }
    await ledger.executed(this.command, results);
    return results;
  }
  async #rollBack(ledger: Ledger) {
    for (const part of this.#parts.toReversed()) await part.undo(ledger).catch(() => {});
  }
  async undo(ledger: Ledger) {
    for (const part of this.#parts.toReversed()) await part.undo(ledger);
    await ledger.undone(this.command);
  }
}

class Bus implements CommandBus {
  readonly #ports: CommandPorts;
  readonly #handlers: readonly CommandHandler[];
  readonly #busy = new Map<string, Promise<unknown>>();
  constructor(ports: CommandPorts, handlers: readonly CommandHandler[]) {
    this.#ports = ports;
    this.#handlers = handlers;
  }

  async submit(command: Command) {
    this.#single(command);
    await this.#ports.enqueue(JSON.parse(JSON.stringify(command)));
  }
  async submitAll(id: string, commands: readonly Command[]) {
    const parts = commands.map((command) => this.#single(command));
    if (parts.slice(0, -1).some(({ revocable }) => !revocable)) {
      throw new Refusal('NOT_UNDOABLE', 'only the last of a set may be irrevocable');
    }
    await this.#ports.enqueue(JSON.parse(JSON.stringify({ name: '(set)', version: 1, id, payload: commands })));
  }
  async work(item: unknown) {
    const executable = this.#revive(item as Command);
    if (executable instanceof Single && executable.readOnly) return executable.ask();
    return this.#alone((item as Command).id, async () => executable.execute(await this.#ledger()));
  }
  async undo(id: string) {
    await this.#alone(id, async () => {
      const ledger = await this.#ledger();
      const known = ledger.stands(id) ? ledger.resultOf(id) : undefined;
      const executable = known && this.#revive(known.command);
      if (!executable?.revocable) throw new Refusal('NOT_UNDOABLE', `${id} can't be taken back`);
      await executable.undo(ledger);
    });
  }

  #ledger = () => new Ledger(this.#ports).load();
  #single(command: Command): Single {
    const { id, name, version } = command;
    const handler = this.#handlers.find((one) => one.name === name && one.version === version);
    if (handler) return new Single(command, handler, this.#ports.emit);
    this.#ports.emit({ type: 'CommandRefused', data: { id, name } });
    throw new Refusal('UNKNOWN_COMMAND', `${name}@${version} is unknown`);
  }
  #revive(command: Command): Executable {
    if (command.name !== '(set)') return this.#single(command);
    return new Macro(
      command,
      (command.payload as Command[]).map((part) => this.#single(part)),
    );
  }
  /** What concerns one id happens one after the other. */
  #alone<T>(id: string, run: () => Promise<T>): Promise<T> {
    const turn = (this.#busy.get(id) ?? Promise.resolve()).then(run, run);
    this.#busy.set(id, turn);
    return turn;
  }
}

export const createCommandBus: CreateCommandBus = (ports, handlers) => new Bus(ports, handlers);
