import type { Emit } from '../domain.ts';

/** What somebody wants done, as data. */
export interface Command {
  name: string;
  version: number;
  /** The same id means the same command, however often it comes. */
  id: string;
  /** Plain JSON. */
  payload: unknown;
}

/** Knows how to do one kind of command, and how to take it back. */
export interface CommandHandler {
  name: string;
  version: number;
  /** The result is plain JSON. */
  execute: (payload: unknown, id: string) => Promise<unknown>;
  /** Restores what was before. Absent: it can't be taken back. */
  undo?: (payload: unknown, result: unknown) => Promise<void>;
}

export type CommandEntry =
  | { type: 'CommandExecuted'; command: Command; result: unknown }
  | { type: 'CommandUndone'; id: string };

/** What survives a restart. Entries are read in the order of their appends. */
export interface CommandJournal {
  read: () => Promise<readonly CommandEntry[]>;
  append: (entry: CommandEntry) => Promise<void>;
}

export interface CommandEvent {
  type: 'CommandExecuted' | 'CommandUndone' | 'CommandFailed' | 'CommandRefused';
  data: { id: string; name: string };
}

export interface CommandPorts {
  /** Puts an item into the queue. Whoever takes it out may be another process: then it has been through JSON. */
  enqueue: (item: unknown) => Promise<void>;
  journal: CommandJournal;
  emit: Emit<CommandEvent>;
}

export interface CommandBus {
  /** Queues a command. One that nobody here knows is refused: code 'UNKNOWN_COMMAND', the message names it and its version. */
  submit: (command: Command) => Promise<void>;
  /** Queues several as one: all are done, in their order, or none remains done. */
  submitAll: (id: string, commands: readonly Command[]) => Promise<void>;
  /** Does what an item from the queue says and resolves to its result; the same command twice is done once. */
  work: (item: unknown) => Promise<unknown>;
  /** Takes a command back, once. Code 'NOT_UNDOABLE' where it can't be, or was never done. */
  undo: (id: string) => Promise<void>;
}

/** Kata 2.5. */
export type CreateCommandBus = (ports: CommandPorts, handlers: readonly CommandHandler[]) => CommandBus;
