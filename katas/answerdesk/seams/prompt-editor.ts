/** What is edited: a tenant's prompt. Plain JSON. */
export interface Prompt {
  title: string;
  text: string;
  variables: { name: string; value: string; tags: string[] }[];
  model: { name: string; temperature: number; stop: string[] };
}

/** A change: whatever is given replaces what was, the rest stays. Of the model, too, only what is given. */
export interface PromptEdit {
  title?: string;
  text?: string;
  variables?: Prompt['variables'];
  model?: Partial<Prompt['model']>;
}

/**
 * A state of the prompt, for others to keep: in a browser, in a table of drafts, over a restart. Survives JSON. Whoever
 * keeps it can neither read nor change what is in it; only an editor can open it.
 */
export interface Memento {
  /** Of the format, not of the prompt. 1 is taken, by `PromptV1`. */
  version: number;
  sealed: string;
}

/** What mementos of version 1 hold, as plain JSON in `sealed`. They were written until 12 May; drafts of then are still there. */
export interface PromptV1 {
  title: string;
  text: string;
  /** By name, in their order. Version 1 had no tags. */
  variables: Record<string, string>;
  /** Its name. */
  model: string;
  temperature: number;
  /** The one stop sequence; absent where there was none. */
  stop?: string;
}

/** Makes a text unreadable for others. Two editors whose seals have the same key open what the other closed. */
export interface Seal {
  close: (text: string) => string;
  /** Throws where this isn't, letter by letter, what a seal of this key gave. */
  open: (sealed: string) => string;
}

export interface EditorPorts {
  seal: Seal;
}

export interface EditorPolicy {
  /** Steps that can be taken back, at most. From 1. */
  maxSteps: number;
  /** What the history may weigh, in bytes of the prompts' JSON as UTF-8. */
  maxBytes: number;
}

/**
 * The history is the present prompt and those that `undo` and `redo` lead to. Where a step makes it longer or heavier
 * than the policy allows, the oldest prompts are forgotten, and no more of them than must be. The present one stays,
 * whatever it weighs.
 */
export interface PromptEditor {
  /** A copy. */
  prompt: () => Prompt;
  /** A step. What was undone before it can't be redone after it. */
  edit: (change: PromptEdit) => void;
  /** False: there is nothing to take back. */
  undo: () => boolean;
  /** False: there is nothing to do again. */
  redo: () => boolean;
  /** The present prompt, without the history. */
  save: () => Memento;
  /** A step like an edit. Throws codes 'UNKNOWN_VERSION' and 'BROKEN_MEMENTO'; then nothing has changed. */
  restore: (memento: Memento) => void;
  /** What the history weighs at present, in bytes: of every prompt in it its whole JSON, however it is kept. */
  weight: () => number;
}

/** Kata 3.8. */
export type CreatePromptEditor = (ports: EditorPorts, prompt: Prompt, policy: EditorPolicy) => PromptEditor;
