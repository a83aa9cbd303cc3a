import { isDeepStrictEqual } from 'node:util';
import { must } from '#kit/suite.ts';
import { createSeal } from '../seal.ts';
import type {
  CreatePromptEditor,
  EditorPolicy,
  Memento,
  Prompt,
  PromptEdit,
  PromptV1,
} from '../seams/prompt-editor.ts';

/** A tenant's, the same in every process. */
export const sealOf = (tenant: string) => createSeal(`drafts of ${tenant}`);
const FIELDS = ['title', 'text', 'variables', 'model'] as const;
/** The fields in which a prompt isn't what it should be. */
export const wrongFields = (got: Prompt, expected: Prompt): string[] =>
  FIELDS.filter((field) => !isDeepStrictEqual(structuredClone(got[field]), expected[field]));

export const both = (fields: string[] = []) => fields.join(' and ');

/** What an editor should hold after the same steps. */
export class ExpectedHistory {
  readonly policy: EditorPolicy;
  states: { prompt: Prompt; bytes: number }[] = [];
  at = -1;
  constructor(prompt: Prompt, policy: EditorPolicy) {
    this.policy = policy;
    this.step(prompt);
  }
  get prompt(): Prompt {
    return this.states[this.at]?.prompt as Prompt;
  }
  get weight(): number {
    return this.states.reduce((sum, { bytes }) => sum + bytes, 0);
  }
  step(prompt: Prompt): void {
    const { maxSteps, maxBytes } = this.policy;
    const state = { prompt: structuredClone(prompt), bytes: Buffer.byteLength(JSON.stringify(prompt)) };
    this.states = [...this.states.slice(0, this.at + 1), state];
    while (this.states.length > 1 && (this.states.length > maxSteps + 1 || this.weight > maxBytes)) {
      this.states.shift();
    }
    this.at = this.states.length - 1;
  }
  edit({ model, ...rest }: PromptEdit): void {
    this.step({ ...this.prompt, ...rest, model: { ...this.prompt.model, ...model } });
  }
  move(by: -1 | 1): boolean {
    if (!this.states[this.at + by]) return false;
    this.at += by;
    return true;
  }
}

/** The prompt as version 1 meant it. */
export function broughtUp({ title, text, variables, model, temperature, stop }: PromptV1): Prompt {
  const named = Object.entries(variables).map(([name, value]) => ({ name, value, tags: [] }));
  return { title, text, variables: named, model: { name: model, temperature, stop: stop === undefined ? [] : [stop] } };
}

/** The answer under test beside what is expected of it. What is handed over and what is kept are copies. */
export function promptDesk(create: CreatePromptEditor, prompt: Prompt, policy: EditorPolicy, tenant: string) {
  const editor = create({ seal: sealOf(tenant) }, structuredClone(prompt), { ...policy });
  const expected = new ExpectedHistory(prompt, policy);
  const did: string[] = [];
  const latest = () => did.slice(-4).join(', ') || 'opening';
  const at = {
    editor,
    expected,
    check() {
      const wrong = wrongFields(editor.prompt(), expected.prompt);
      must(wrong.length === 0, () => `after ${latest()} the prompt is not what it should be in its ${both(wrong)}`);
    },
    weigh() {
      const weight = editor.weight();
      must(
        weight === expected.weight,
        () =>
          `after ${latest()} there are ${expected.states.length} prompts in the history, of ${expected.weight} bytes; it says that it weighs ${weight}`,
      );
    },
    edit(change: PromptEdit) {
      did.push('an edit');
      attempt('an edit', () => editor.edit(structuredClone(change)));
      expected.edit(change);
      at.check();
    },
    move(by: -1 | 1) {
      const what = by < 0 ? 'undo' : 'redo';
      const moved = by < 0 ? editor.undo() : editor.redo();
      const due = expected.move(by);
      must(
        moved === due,
        () => `after ${latest()} there is ${due ? 'a' : 'no'} step to ${what}, and ${what} said ${moved}`,
      );
      did.push(what);
      at.check();
      return due;
    },
    save(): Memento {
      did.push('saving');
      const memento = JSON.parse(JSON.stringify(editor.save())) as Memento;
      must(
        typeof memento.version === 'number' && typeof memento.sealed === 'string',
        () => `after JSON a memento has ${memento.version} for its version and ${typeof memento.sealed} for its seal`,
      );
      at.check();
      return memento;
    },
    restore(memento: Memento, prompt: Prompt) {
      did.push('restoring');
      attempt(`a memento of version ${memento.version}`, () => editor.restore({ ...memento }));
      expected.step(prompt);
      at.check();
    },
    refuses(memento: Memento, code: string, what: string) {
      const weight = editor.weight();
      let refusal: { code?: string; message?: string } | undefined;
      try {
        editor.restore({ ...memento });
      } catch (error) {
        refusal = error as Error;
      }
      must(refusal !== undefined, () => `${what} was restored`);
      must(refusal.code === code, () => `${what} was refused with code ${refusal?.code} (${refusal?.message})`);
      did.push('a refusal');
      at.check();
      must(
        editor.weight() === weight,
        () => `${what} was refused, and the history weighs ${editor.weight()} instead of ${weight}`,
      );
    },
    /** To the oldest prompt and back to the newest, all there. */
    walk() {
      while (at.move(-1));
      while (at.move(1));
    },
  };
  return at;
}
export type PromptDesk = ReturnType<typeof promptDesk>;

/** Does what may not be refused. */
export function attempt(what: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    must(false, () => `${what} was refused (${(error as Error).message})`);
  }
}
