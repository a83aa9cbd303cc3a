// Chooses what to do by `instanceof`: what comes out of another process is a plain object, and of no class.
import type { Command, CommandHandler, CreateCommandBus } from '#answerdesk/seams/command.ts';

class Single {
  readonly command: Command;
  constructor(command: Command) {
    this.command = command;
  }
}
class Several {
  readonly id: string;
  readonly commands: readonly Command[];
  constructor(id: string, commands: readonly Command[]) {
    this.id = id;
    this.commands = commands;
  }
}

export const createCommandBus: CreateCommandBus = ({ enqueue, journal, emit }, handlers) => {
  const known = (command: Command): CommandHandler => {
    const { id, name, version } = command;
    const handler = handlers.find((one) => one.name === name && one.version === version);
    if (handler) return handler;
    emit({ type: 'CommandRefused', data: { id, name } });
    throw Object.assign(new Error(`unknown command ${name} ${version}`), { code: 'UNKNOWN_COMMAND' });
  };
  async function execute(command: Command): Promise<unknown> {
    const handler = known(command);
    const { id, name, payload } = command;
    if (handler.readOnly) return handler.execute(payload, id);
    for (const entry of await journal.read()) {
      if (entry.type === 'CommandExecuted' && entry.command.id === id) return entry.result;
    }
    const result = await handler.execute(payload, id);
    await journal.append({ type: 'CommandExecuted', command, result });
    emit({ type: 'CommandExecuted', data: { id, name } });
    return result;
  }
  return {
    submit: async (command) => {
      known(command);
      await enqueue(new Single(structuredClone(command)));
    },
    submitAll: async (id, commands) => {
      for (const command of commands) known(command);
      await enqueue(new Several(id, structuredClone(commands)));
    },
    async work(item) {
      if (item instanceof Single) return execute(item.command);
      if (!(item instanceof Several)) throw new Error('not a command');
      const results = [];
      for (const command of item.commands) results.push(await execute(command));
      return results;
    },
    async undo(id) {
      const entries = await journal.read();
      const done = entries.find((entry) => entry.type === 'CommandExecuted' && entry.command.id === id);
      const undone = entries.some((entry) => entry.type === 'CommandUndone' && entry.id === id);
      const command = done?.type === 'CommandExecuted' && !undone ? done.command : undefined;
      const undo = command && known(command).undo;
      if (!undo || done?.type !== 'CommandExecuted') {
        throw Object.assign(new Error(`${id} can't be taken back`), { code: 'NOT_UNDOABLE' });
      }
      await undo(command.payload, done.result, id);
      await journal.append({ type: 'CommandUndone', id });
      emit({ type: 'CommandUndone', data: { id, name: command.name } });
    },
  };
};
