import type {
  CreatePromptEditor,
  EditorPolicy,
  Memento,
  Prompt,
  PromptEdit,
  PromptV1,
  Seal,
} from '#answerdesk/seams/prompt-editor.ts';

const CURRENT = 2;

class MementoError extends Error {
  readonly code: 'UNKNOWN_VERSION' | 'BROKEN_MEMENTO';
  constructor(code: MementoError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** A state as text: what is kept of it can't be changed by accident, and its weight is its length. */
class Snapshot {
  readonly json: string;
  readonly bytes: number;
  constructor(prompt: Prompt) {
    this.json = JSON.stringify(prompt);
    this.bytes = Buffer.byteLength(this.json);
  }
  prompt(): Prompt {
    return JSON.parse(this.json);
  }
}

function edited(prompt: Prompt, { model, ...rest }: PromptEdit): Prompt {
  return { ...prompt, ...rest, model: { ...prompt.model, ...model } };
}

function upcast({ title, text, variables, model, temperature, stop }: PromptV1): Prompt {
  return {
    title,
    text,
    variables: Object.entries(variables).map(([name, value]) => ({ name, value, tags: [] })),
    model: { name: model, temperature, stop: stop === undefined ? [] : [stop] },
  };
}

function parseV1(json: string): PromptV1 {
  const found = JSON.parse(json);
  const missing = ['title', 'text', 'variables', 'model', 'temperature'].filter((field) => found[field] === undefined);
  if (missing.length > 0) throw new Error(`no ${missing.join(', ')}`);
  return found;
}

function opened(seal: Seal, { version, sealed }: Memento): Prompt {
  if (version !== 1 && version !== CURRENT) {
    throw new MementoError('UNKNOWN_VERSION', `no editor here reads version ${version} of a memento`);
  }
  try {
    return version === 1 ? upcast(parseV1(sealed)) : JSON.parse(seal.open(sealed));
  } catch (cause) {
    throw new MementoError('BROKEN_MEMENTO', `a memento of version ${version} can't be opened`, cause);
  }
}

/** Every prompt that can be stepped to, oldest first, and which of them is the present one. */
class History {
  readonly #policy: EditorPolicy;
  #states: Snapshot[];
  #at = 0;

  constructor(first: Snapshot, policy: EditorPolicy) {
    this.#states = [first];
    this.#policy = policy;
  }
  get present(): Snapshot {
    return this.#states[this.#at] as Snapshot;
  }
  get bytes(): number {
    return this.#states.reduce((sum, { bytes }) => sum + bytes, 0);
  }
  add(state: Snapshot): void {
    this.#states = [...this.#states.slice(0, this.#at + 1), state];
    while (this.#states.length > 1 && this.#tooMuch()) this.#states.shift();
    this.#at = this.#states.length - 1;
  }
  move(by: -1 | 1): boolean {
    if (!this.#states[this.#at + by]) return false;
    this.#at += by;
    return true;
  }
  #tooMuch(): boolean {
    return this.#states.length - 1 > this.#policy.maxSteps || this.bytes > this.#policy.maxBytes;
  }
}

export const createPromptEditor: CreatePromptEditor = ({ seal }, initial, policy) => {
  const history = new History(new Snapshot(initial), policy);
  return {
    prompt: () => history.present.prompt(),
    edit: (change) => history.add(new Snapshot(edited(history.present.prompt(), change))),
    undo: () => history.move(-1),
    redo: () => history.move(1),
    save: () => ({ version: CURRENT, sealed: seal.close(history.present.json) }),
    restore: (memento) => history.add(new Snapshot(opened(seal, memento))),
    weight: () => history.bytes,
  };
};
