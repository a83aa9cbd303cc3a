// Everything that isn't a question goes through one lane (async-mutex); items are parsed with valibot; a set's entry is written first, as its plan.
import { Mutex } from 'async-mutex';
import * as v from 'valibot';
import type { Command, CreateCommandBus } from '#answerdesk/seams/command.ts';

const command = v.object({ name: v.string(), version: v.number(), id: v.string(), payload: v.unknown() });
const item = v.variant('is', [
  v.object({ is: v.literal('one'), command }),
  v.object({ is: v.literal('set'), id: v.string(), commands: v.array(command) }),
]);
const PLAN = { name: 'plan', version: 0 };

const fail = (code: string, message: string) => Object.assign(new Error(message), { code });

export const createCommandBus: CreateCommandBus = ({ enqueue, journal, emit }, handlers) => {
  const lane = new Mutex();
  const find = ({ name, version }: Command) =>
    handlers.find((handler) => handler.name === name && handler.version === version);
  const known = (one: Command) => {
    const handler = find(one);
    if (!handler) emit({ type: 'CommandRefused', data: { id: one.id, name: one.name } });
    if (!handler) throw fail('UNKNOWN_COMMAND', `unknown: ${one.name} ${one.version}`);
    return handler;
  };
  const lookUp = async (id: string) => {
    const entries = await journal.read();
    const found = entries.find((entry) => entry.type === 'CommandExecuted' && entry.command.id === id);
    const done = found?.type === 'CommandExecuted' ? found : undefined;
    return { done, undone: entries.some((entry) => entry.type === 'CommandUndone' && entry.id === id) };
  };

  async function doOne(one: Command): Promise<unknown> {
    const handler = known(one);
    const { done } = await lookUp(one.id);
    if (done) return done.result;
    const data = { id: one.id, name: one.name };
    try {
      const result = await handler.execute(structuredClone(one.payload), one.id);
      await journal.append({ type: 'CommandExecuted', command: one, result });
      emit({ type: 'CommandExecuted', data });
      return result;
    } catch (error) {
      emit({ type: 'CommandFailed', data });
      throw error;
    }
  }

  async function undoOne({ id }: Command): Promise<void> {
    const { done, undone } = await lookUp(id);
    if (!done || undone) return;
    const { command: one, result } = done;
    await known(one).undo?.(one.payload, result, id);
    await journal.append({ type: 'CommandUndone', id });
    emit({ type: 'CommandUndone', data: { id, name: one.name } });
  }

  async function doSet(id: string, commands: Command[]): Promise<unknown> {
    for (const one of commands) known(one);
    const { done } = await lookUp(id);
    if (!done) {
      const plan = { ...PLAN, id, payload: commands };
      await journal.append({ type: 'CommandExecuted', command: plan, result: null });
    }
    const states = await Promise.all(commands.map((one) => lookUp(one.id)));
    const over = states.some(({ undone }) => undone);
    const results: unknown[] = [];
    try {
      if (over) throw fail('TAKEN_BACK', `${id} is taken back`);
      for (const one of commands) results.push(await doOne(one));
      return results;
    } catch (error) {
      const back = [...commands].reverse();
      for (const one of back) await undoOne(one).catch(() => {});
      throw error;
    }
  }

  return {
    submit: async (one) => {
      known(one);
      await enqueue(structuredClone({ is: 'one', command: one }));
    },
    submitAll: async (id, commands) => {
      const irrevocable = commands.findIndex((one) => !known(one).undo);
      if (irrevocable >= 0 && irrevocable < commands.length - 1) throw fail('NOT_UNDOABLE', 'irrevocable too early');
      await enqueue(structuredClone({ is: 'set', id, commands }));
    },
    work: async (raw) => {
      const parsed = v.parse(item, raw);
      if (parsed.is === 'set') return lane.runExclusive(() => doSet(parsed.id, parsed.commands as Command[]));
      const one = parsed.command as Command;
      if (known(one).readOnly) return known(one).execute(one.payload, one.id);
      return lane.runExclusive(() => doOne(one));
    },
    undo: (id) =>
      lane.runExclusive(async () => {
        const { done, undone } = await lookUp(id);
        const isSet = done?.command.name === PLAN.name;
        const commands = isSet ? (done.command.payload as Command[]) : done ? [done.command] : [];
        const whole = (await Promise.all(commands.map((one) => lookUp(one.id)))).every((one) => one.done);
        if (!done || !whole || undone || commands.some((one) => !find(one)?.undo)) {
          throw fail('NOT_UNDOABLE', `${id} can't be taken back`);
        }
        for (const one of [...commands].reverse()) await undoOne(one);
        if (isSet) await journal.append({ type: 'CommandUndone', id });
      }),
  };
};
