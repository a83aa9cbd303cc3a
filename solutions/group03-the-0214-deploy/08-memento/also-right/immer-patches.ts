// immer with patches: the history holds what changed, and what the prompts would weigh; the prompts are made when asked for.
import { applyPatches, enablePatches, type Patch, produceWithPatches } from 'immer';
import type { CreatePromptEditor, Memento, Prompt, PromptV1 } from '#answerdesk/seams/prompt-editor.ts';

enablePatches();

interface Step {
  forth: Patch[];
  back: Patch[];
  /** Of the prompt before it. */
  bytes: number;
}

class DraftError extends Error {
  readonly code: string;
  constructor(code: string, options?: ErrorOptions) {
    super(`draft refused: ${code}`, options);
    this.code = code;
  }
}

const VERSION = 3;
const bytesOf = (prompt: Prompt) => Buffer.byteLength(JSON.stringify(prompt), 'utf8');

const readers: Record<number, (sealed: string, open: (sealed: string) => string) => Prompt> = {
  1(sealed) {
    const old = JSON.parse(sealed) as PromptV1;
    for (const field of ['title', 'text', 'variables', 'model', 'temperature'] as const) {
      if (!(field in old)) throw new DraftError('BROKEN_MEMENTO');
    }
    return {
      title: old.title,
      text: old.text,
      variables: Object.keys(old.variables).map((name) => ({ name, value: old.variables[name] ?? '', tags: [] })),
      model: { name: old.model, temperature: old.temperature, stop: 'stop' in old ? [old.stop as string] : [] },
    };
  },
  [VERSION]: (sealed, open) => {
    const { version, prompt } = JSON.parse(open(sealed)) as { version: number; prompt: Prompt };
    if (version !== VERSION) throw new DraftError('BROKEN_MEMENTO');
    return prompt;
  },
};

export const createPromptEditor: CreatePromptEditor = ({ seal }, initial, policy) => {
  let present = structuredClone(initial);
  let steps: Step[] = [];
  let at = 0;
  /** Of the newest prompt: what was undone weighs on. */
  let newest = bytesOf(initial);
  const weight = () => steps.reduce((sum, { bytes }) => sum + bytes, newest);

  function change(recipe: (draft: Prompt) => void): void {
    const before = at < steps.length ? (steps[at] as Step).bytes : newest;
    const [after, forth, back] = produceWithPatches(present, recipe);
    steps = [...steps.slice(0, at), { forth, back, bytes: before }];
    present = after;
    newest = bytesOf(after);
    while (steps.length > 0 && (steps.length > policy.maxSteps || weight() > policy.maxBytes)) steps.shift();
    at = steps.length;
  }
  function open({ version, sealed }: Memento): Prompt {
    const read = readers[version];
    if (!read) throw new DraftError('UNKNOWN_VERSION');
    try {
      return read(sealed, seal.open);
    } catch (cause) {
      throw new DraftError('BROKEN_MEMENTO', { cause });
    }
  }

  return {
    prompt: () => structuredClone(present),
    edit: (given) =>
      change((draft) => {
        const { model, ...rest } = structuredClone(given);
        Object.assign(draft, rest);
        Object.assign(draft.model, model);
      }),
    undo() {
      const step = steps[at - 1];
      if (step) present = applyPatches(present, step.back);
      if (step) at--;
      return step !== undefined;
    },
    redo() {
      const step = steps[at];
      if (step) present = applyPatches(present, step.forth);
      if (step) at++;
      return step !== undefined;
    },
    save: () => ({ version: VERSION, sealed: seal.close(JSON.stringify({ version: VERSION, prompt: present })) }),
    restore(memento) {
      const prompt = open(memento);
      change((draft) => {
        Object.assign(draft, prompt);
      });
    },
    weight,
  };
};
