import type { Command, CreateCommandBus } from '#answerdesk/seams/command.ts';

type Task = () => Promise<unknown>;

export const createCommandBus: CreateCommandBus = ({ enqueue, journal, emit }, handlers) => {
  const byName = new Map(handlers.map((handler) => [handler.name, handler]));
  const takeBack = new Map<string, Task>();

  function taskOf(command: Command): Task {
    const { id, name, payload } = command;
    // TODO: a command is done by the handler of its version, and one that nobody knows is refused before it is queued.
    const handler = byName.get(name);
    return async () => {
      // TODO: a command that the queue delivers twice is done once.
      const result = await handler?.execute(payload, id);
      // Support reads here what was done.
      // TODO: a question costs no more than its answer.
      await journal.append({ type: 'CommandExecuted', command, result });
      emit({ type: 'CommandExecuted', data: { id, name } });
      takeBack.set(id, async () => handler?.undo?.(payload, result, id));
      return result;
    };
  }

  return {
    // TODO: what waits in the queue says itself what is to be done, whoever takes it out.
    async submit(command) {
      await enqueue(taskOf(command));
    },
    // TODO: a set is done whole or not at all.
    async submitAll(id, commands) {
      const tasks = commands.map(taskOf);
      await enqueue(async () => {
        const results = [];
        for (const task of tasks) results.push(await task());
        emit({ type: 'CommandExecuted', data: { id, name: 'set' } });
        return results;
      });
    },
    work: async (item) => (item as Task)(),
    // TODO: what was done can be taken back, by any process, once.
    async undo(id) {
      await takeBack.get(id)?.();
      emit({ type: 'CommandUndone', data: { id, name: 'undo' } });
    },
  };
};
