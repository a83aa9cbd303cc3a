/** What is edited: a tenant's prompt. */
export interface Prompt {
  title: string;
  text: string;
  variables: { name: string; value: string; tags: string[] }[];
  model: { name: string; temperature: number; stop: string[] };
}

/** A change: whatever is given replaces what was, the rest stays. */
export interface PromptEdit {
  title?: string;
  text?: string;
  variables?: Prompt['variables'];
  model?: Partial<Prompt['model']>;
}

/** A state, sealed. Survives JSON; only an editor can open it. */
export interface Memento {
  /** Of the format, not of the prompt. */
  version: number;
  sealed: string;
}

export interface EditorPolicy {
  /** Steps that can be taken back, at most. */
  maxSteps: number;
  /** What the history may weigh, in bytes of the prompts' JSON as UTF-8. */
  maxBytes: number;
}

export interface PromptEditor {
  /** A copy. */
  prompt: () => Prompt;
  edit: (change: PromptEdit) => void;
  /** False: there is nothing to take back. */
  undo: () => boolean;
  redo: () => boolean;
  save: () => Memento;
  /** A step like an edit. Rejects an unknown version or a broken seal: codes 'UNKNOWN_VERSION', 'BROKEN_MEMENTO'. */
  restore: (memento: Memento) => void;
  /** What the history weighs at present, in bytes. */
  weight: () => number;
}

/** Kata 3.8. */
export type CreatePromptEditor = (prompt: Prompt, policy: EditorPolicy) => PromptEditor;
