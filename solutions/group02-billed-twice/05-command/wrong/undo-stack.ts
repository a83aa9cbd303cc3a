// Keeps an undo stack in memory: after a restart, and in any other process, nothing that was done can be taken back.
import type { Command, CreateCommandBus } from '#answerdesk/seams/command.ts';

interface Done {
  result: unknown;
  undo?: () => Promise<void>;
  undone?: true;
}

export const createCommandBus: CreateCommandBus = ({ enqueue, journal, emit }, handlers) => {
  const done = new Map<string, Done>();
  const busy = new Map<string, Promise<unknown>>();
  const fail = (code: string, message: string) => Object.assign(new Error(message), { code });
  const known = (command: Command) => {
    const { id, name, version } = command;
    const handler = handlers.find((one) => one.name === name && one.version === version);
    if (handler) return handler;
    emit({ type: 'CommandRefused', data: { id, name } });
    throw fail('UNKNOWN_COMMAND', `unknown command ${name} ${version}`);
  };
  async function execute(command: Command): Promise<unknown> {
    const { id, name, payload } = command;
    const { execute: run, undo, readOnly } = known(command);
    if (readOnly) return run(payload, id);
    const before = done.get(id);
    if (before) return before.result;
    const result = await run(payload, id).catch((error: unknown) => {
      emit({ type: 'CommandFailed', data: { id, name } });
      throw error;
    });
    done.set(id, { result, ...(undo && { undo: () => undo(payload, result, id) }) });
    await journal.append({ type: 'CommandExecuted', command, result });
    emit({ type: 'CommandExecuted', data: { id, name } });
    return result;
  }
  async function takeBack(id: string, name: string): Promise<void> {
    const standing = done.get(id);
    if (!standing?.undo || standing.undone) throw fail('NOT_UNDOABLE', `${id} can't be taken back`);
    standing.undone = true;
    await standing.undo();
    await journal.append({ type: 'CommandUndone', id });
    emit({ type: 'CommandUndone', data: { id, name } });
  }
  async function executeAll(id: string, commands: Command[]): Promise<unknown> {
    if (done.has(id)) return done.get(id)?.result;
    for (const command of commands) known(command);
    const undo = async () => {
      for (const one of [...commands].reverse()) await takeBack(one.id, one.name);
    };
    const results: unknown[] = [];
    try {
      for (const command of commands) results.push(await execute(command));
    } catch (error) {
      for (const one of [...commands].reverse()) await takeBack(one.id, one.name).catch(() => undefined);
      throw error;
    }
    done.set(id, { result: results, undo });
    return results;
  }
  return {
    submit: async (command) => {
      known(command);
      await enqueue({ id: command.id, commands: [structuredClone(command)] });
    },
    submitAll: async (id, commands) => {
      for (const command of commands) known(command);
      await enqueue({ id, commands: structuredClone(commands), set: true });
    },
    work: async (item) => {
      const { id, commands, set } = item as { id: string; commands: Command[]; set?: true };
      const run = busy.get(id) ?? (set ? executeAll(id, commands) : execute(commands[0] as Command));
      busy.set(id, run);
      return run.finally(() => busy.delete(id));
    },
    undo: (id) => takeBack(id, 'undo'),
  };
};
