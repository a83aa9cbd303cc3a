// A class in GoF's words, originator and caretaker; valibot says what a draft must be, of whichever version.
import * as v from 'valibot';
import type {
  CreatePromptEditor,
  EditorPolicy,
  Memento,
  Prompt,
  PromptEdit,
  PromptEditor,
  Seal,
} from '#answerdesk/seams/prompt-editor.ts';

const current = v.object({
  title: v.string(),
  text: v.string(),
  variables: v.array(v.object({ name: v.string(), value: v.string(), tags: v.array(v.string()) })),
  model: v.object({ name: v.string(), temperature: v.number(), stop: v.array(v.string()) }),
});
const versionOne = v.pipe(
  v.object({
    title: v.string(),
    text: v.string(),
    variables: v.record(v.string(), v.string()),
    model: v.string(),
    temperature: v.number(),
    stop: v.optional(v.string()),
  }),
  v.transform(({ variables, model, temperature, stop, ...same }): Prompt => {
    const all = Object.entries(variables).map(([name, value]) => ({ name, value, tags: [] as string[] }));
    return { ...same, variables: all, model: { name: model, temperature, stop: stop === undefined ? [] : [stop] } };
  }),
);

class Originator {
  #prompt: Prompt;
  readonly #seal: Seal;
  constructor(prompt: Prompt, seal: Seal) {
    this.#prompt = structuredClone(prompt);
    this.#seal = seal;
  }
  get prompt(): Prompt {
    return structuredClone(this.#prompt);
  }
  change(edit: PromptEdit): void {
    const { title, text, variables, model } = structuredClone(edit);
    this.#prompt = {
      title: title ?? this.#prompt.title,
      text: text ?? this.#prompt.text,
      variables: variables ?? this.#prompt.variables,
      model: { ...this.#prompt.model, ...model },
    };
  }
  createMemento(): Memento {
    return { version: 2, sealed: this.#seal.close(JSON.stringify(this.#prompt)) };
  }
  setMemento({ version, sealed }: Memento): void {
    try {
      if (version === 1) this.#prompt = v.parse(versionOne, JSON.parse(sealed));
      else if (version === 2) this.#prompt = v.parse(current, JSON.parse(this.#seal.open(sealed)));
      else throw Object.assign(new Error(`version ${version} is not known here`), { code: 'UNKNOWN_VERSION' });
    } catch (error) {
      if ((error as { code?: string }).code === 'UNKNOWN_VERSION') throw error;
      throw Object.assign(new Error('the draft is broken', { cause: error }), { code: 'BROKEN_MEMENTO' });
    }
  }
}

interface Kept {
  memento: Memento;
  bytes: number;
}

/** Keeps mementos and never looks into them. */
class Caretaker implements PromptEditor {
  readonly #originator: Originator;
  readonly #policy: EditorPolicy;
  readonly #kept: Kept[];
  #at = 0;
  constructor(originator: Originator, policy: EditorPolicy) {
    this.#originator = originator;
    this.#policy = policy;
    this.#kept = [this.#taken()];
  }
  prompt = (): Prompt => this.#originator.prompt;
  edit = (change: PromptEdit): void => this.#step(() => this.#originator.change(change));
  restore = (memento: Memento): void => this.#step(() => this.#originator.setMemento(memento));
  save = (): Memento => this.#originator.createMemento();
  undo = (): boolean => this.#go(this.#at - 1);
  redo = (): boolean => this.#go(this.#at + 1);
  weight = (): number => this.#kept.reduce((sum, { bytes }) => sum + bytes, 0);

  #step(act: () => void): void {
    act();
    this.#kept.splice(this.#at + 1, Number.POSITIVE_INFINITY, this.#taken());
    const heavy = () => this.weight() > this.#policy.maxBytes && this.#kept.length > 1;
    while (this.#kept.length > this.#policy.maxSteps + 1 || heavy()) this.#kept.shift();
    this.#at = this.#kept.length - 1;
  }
  #go(to: number): boolean {
    const there = this.#kept[to];
    if (!there) return false;
    this.#originator.setMemento(there.memento);
    this.#at = to;
    return true;
  }
  #taken(): Kept {
    const bytes = Buffer.byteLength(JSON.stringify(this.#originator.prompt));
    return { memento: this.#originator.createMemento(), bytes };
  }
}

export const createPromptEditor: CreatePromptEditor = ({ seal }, prompt, policy) =>
  new Caretaker(new Originator(prompt, seal), policy);
