import type { CreatePromptEditor, Memento, Prompt } from '#answerdesk/seams/prompt-editor.ts';

const bytesOf = (prompt: Prompt) => Buffer.byteLength(JSON.stringify(prompt));

export const createPromptEditor: CreatePromptEditor = (_ports, initial, policy) => {
  const prompt = { ...initial };
  const undone: Prompt[] = [];
  const done: Prompt[] = [];

  // TODO: a step that is taken back is taken back whole, whatever was changed since and by whom.
  // TODO: the history keeps to what the policy says it may weigh.
  function remember(): void {
    done.push({ ...prompt });
    if (done.length > policy.maxSteps) done.shift();
  }

  /** Steps over to the prompt that `from` had last; `to` gets the present one. */
  function step(from: Prompt[], to: Prompt[]): boolean {
    const other = from.pop();
    if (!other) return false;
    to.push({ ...prompt });
    Object.assign(prompt, other);
    return true;
  }

  return {
    prompt: () => ({ ...prompt }),

    // TODO: whoever edits after an undo has decided against what was undone.
    edit({ variables, model, ...rest }) {
      remember();
      Object.assign(prompt, rest);
      Object.assign(prompt.model, model);
      if (variables) prompt.variables.splice(0, prompt.variables.length, ...variables);
    },
    undo: () => step(done, undone),
    redo: () => step(undone, done),

    // TODO: whoever keeps a memento can neither read it nor change it.
    save: (): Memento => ({ version: 2, sealed: JSON.stringify(prompt) }),

    // TODO: a memento that an older release wrote is restored whole; one that can't be is refused, and nothing has changed.
    restore({ sealed }) {
      remember();
      Object.assign(prompt, JSON.parse(sealed));
    },

    weight: () => [...done, prompt, ...undone].reduce((sum, each) => sum + bytesOf(each), 0),
  };
};
