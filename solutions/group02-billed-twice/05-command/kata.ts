import type { Command, CommandEntry, CommandHandler, CreateCommandBus } from '#answerdesk/seams/command.ts';

type Code = 'UNKNOWN_COMMAND' | 'NOT_UNDOABLE';

class CommandError extends Error {
  readonly code: Code;
  constructor(code: Code, message: string) {
    super(message);
    this.code = code;
  }
}

interface Done {
  command: Command;
  result: unknown;
}
/** What the journal says: commands that were done, and the ids of those that were taken back since. */
interface Past {
  done: Map<string, Done>;
  undone: Set<string>;
}

function fold(entries: readonly CommandEntry[]): Past {
  const past: Past = { done: new Map(), undone: new Set() };
  for (const entry of entries) {
    if (entry.type === 'CommandExecuted') past.done.set(entry.command.id, entry);
    else past.undone.add(entry.id);
  }
  return past;
}

/** A set is a command too: its payload is the list of its parts. */
const SET = { name: 'command-set', version: 1 };
const partsOf = ({ name, payload }: Command) => (name === SET.name ? (payload as Command[]) : undefined);
const keyOf = ({ name, version }: { name: string; version: number }) => JSON.stringify([name, version]);

export const createCommandBus: CreateCommandBus = ({ enqueue, journal, emit }, handlers) => {
  const registry = new Map(handlers.map((handler) => [keyOf(handler), handler]));
  const underWay = new Map<string, Promise<unknown>>();

  const past = async () => fold(await journal.read());

  function handlerOf(command: Command): CommandHandler {
    const { id, name, version } = command;
    const handler = registry.get(keyOf(command));
    if (handler) return handler;
    emit({ type: 'CommandRefused', data: { id, name } });
    throw new CommandError('UNKNOWN_COMMAND', `nobody here knows the command ${name}, version ${version}`);
  }

  /** Whoever asks for what is under way waits for its end. */
  function once<T>(key: string, run: () => Promise<T>): Promise<T> {
    const running = underWay.get(key) ?? run().finally(() => underWay.delete(key));
    underWay.set(key, running);
    return running as Promise<T>;
  }

  async function record(command: Command, result: unknown): Promise<unknown> {
    await journal.append({ type: 'CommandExecuted', command, result });
    emit({ type: 'CommandExecuted', data: { id: command.id, name: command.name } });
    return result;
  }

  async function execute(command: Command): Promise<unknown> {
    const { id, name, payload } = command;
    const handler = handlerOf(command);
    const before = (await past()).done.get(id);
    if (before) return before.result; // also where it was taken back: that is not undone by a late delivery
    let result: unknown;
    try {
      result = await handler.execute(payload, id);
    } catch (error) {
      emit({ type: 'CommandFailed', data: { id, name } });
      throw error;
    }
    return record(command, result);
  }

  async function executeAll(set: Command, parts: readonly Command[]): Promise<unknown> {
    for (const part of parts) handlerOf(part); // all of them, before any is done
    const { done, undone } = await past();
    const before = done.get(set.id);
    if (before) return before.result;
    if (parts.some(({ id }) => undone.has(id))) {
      await takeBack(parts); // a roll-back that was interrupted is finished
      throw new CommandError('NOT_UNDOABLE', `${set.id} failed and was taken back; submit it anew`);
    }
    const results: unknown[] = [];
    try {
      for (const part of parts) results.push(await execute(part));
    } catch (error) {
      await takeBack(parts).catch(() => undefined); // the queue delivers the set again
      throw error;
    }
    return record(set, results);
  }

  /** Takes back what stands of these, the last first. What fails to be taken back doesn't stop the others. */
  async function takeBack(commands: readonly Command[]): Promise<void> {
    const { done, undone } = await past();
    const failures: unknown[] = [];
    for (const { id } of [...commands].reverse()) {
      const standing = done.get(id);
      if (!standing || undone.has(id)) continue;
      const { command, result } = standing;
      try {
        await handlerOf(command).undo?.(command.payload, result, id);
        await journal.append({ type: 'CommandUndone', id });
        emit({ type: 'CommandUndone', data: { id, name: command.name } });
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  async function undo(id: string): Promise<void> {
    const { done, undone } = await past();
    const standing = done.get(id);
    if (!standing || undone.has(id)) throw new CommandError('NOT_UNDOABLE', `${id} was not done, or is taken back`);
    const parts = partsOf(standing.command);
    const irrevocable = (parts ?? [standing.command]).find((command) => !handlerOf(command).undo);
    if (irrevocable) throw new CommandError('NOT_UNDOABLE', `${irrevocable.name} can't be taken back`);
    await takeBack(parts ?? [standing.command]);
    if (!parts) return;
    await journal.append({ type: 'CommandUndone', id });
    emit({ type: 'CommandUndone', data: { id, name: SET.name } });
  }

  return {
    async submit(command) {
      handlerOf(command);
      await enqueue(structuredClone(command));
    },
    async submitAll(id, commands) {
      const revocable = commands.map((command) => handlerOf(command).undo !== undefined);
      const stuck = revocable.slice(0, -1).indexOf(false);
      if (stuck >= 0) throw new CommandError('NOT_UNDOABLE', `${commands[stuck]?.name} can only be the last of a set`);
      await enqueue(structuredClone({ ...SET, id, payload: commands }));
    },
    async work(item) {
      const command = item as Command;
      const parts = partsOf(command);
      if (!parts && handlerOf(command).readOnly) return handlerOf(command).execute(command.payload, command.id);
      return once(command.id, () => (parts ? executeAll(command, parts) : execute(command)));
    },
    undo: (id) => once(`undo ${id}`, () => undo(id)),
  };
};
