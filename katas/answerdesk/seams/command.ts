import type { Emit } from '../domain.ts';

/** What somebody wants done, as data. */
export interface Command {
  name: string;
  version: number;
  /** The same id means the same command, however often it comes. Ids are unique over all commands and sets. */
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
  /** Restores what was before, given what `execute` was given and what it came to. Absent: it can't be taken back. */
  undo?: (payload: unknown, result: unknown, id: string) => Promise<void>;
  /** It changes nothing: whoever asks wants what is true now, and there is nothing to record. */
  readOnly?: true;
}

export type CommandEntry =
  | { type: 'CommandExecuted'; command: Command; result: unknown }
  | { type: 'CommandUndone'; id: string };

/** What survives a restart; all processes share it. Entries are read in the order of their appends. */
export interface CommandJournal {
  read: () => Promise<readonly CommandEntry[]>;
  /** Durable when it resolves. An entry is kept as JSON. */
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
  /**
   * Queues several as one: all are done, in their order, or none remains done. All but the last must be such that can be
   * taken back: code 'NOT_UNDOABLE'.
   */
  submitAll: (id: string, commands: readonly Command[]) => Promise<void>;
  /**
   * Does what an item from the queue says and resolves to its result; a set's are listed in its order. The same command
   * twice is done once. A failure is thrown as it came, and the queue delivers the item again.
   */
  work: (item: unknown) => Promise<unknown>;
  /** Takes a command back, or a set, once. Code 'NOT_UNDOABLE' where it can't be, or was never done. */
  undo: (id: string) => Promise<void>;
}

/** Kata 2.5. Called once in each process. One process works off the queue at a time; others submit and take back. */
export type CreateCommandBus = (ports: CommandPorts, handlers: readonly CommandHandler[]) => CommandBus;
