// Copies one level deep: the model comes back, the variables are the same array in every prompt of the history.
import type { CreatePromptEditor, Prompt, PromptV1 } from '#answerdesk/seams/prompt-editor.ts';

const copy = (prompt: Prompt): Prompt => ({ ...prompt, model: { ...prompt.model } });
const bytesOf = (prompt: Prompt) => Buffer.byteLength(JSON.stringify(prompt));
const refused = (code: string, cause?: unknown) => Object.assign(new Error(code, { cause }), { code });

function fromV1(sealed: string): Prompt {
  const { title, text, variables, model, temperature, stop } = JSON.parse(sealed) as PromptV1;
  if ([title, text, model, temperature].includes(undefined as never)) throw new Error('not whole');
  return {
    title,
    text,
    variables: Object.entries(variables).map(([name, value]) => ({ name, value, tags: [] })),
    model: { name: model, temperature, stop: stop === undefined ? [] : [stop] },
  };
}

export const createPromptEditor: CreatePromptEditor = ({ seal }, initial, policy) => {
  let prompt = copy(initial);
  let done: Prompt[] = [];
  let undone: Prompt[] = [];
  const weight = () => [...done, prompt, ...undone].reduce((sum, each) => sum + bytesOf(each), 0);
  const begin = () => {
    done = [...done, copy(prompt)];
    undone = [];
  };
  const end = () => {
    while (done.length > policy.maxSteps || (done.length > 0 && weight() > policy.maxBytes)) done.shift();
  };
  return {
    prompt: () => structuredClone(prompt),
    edit({ variables, model, ...rest }) {
      begin();
      Object.assign(prompt, structuredClone(rest));
      Object.assign(prompt.model, structuredClone(model));
      if (variables) prompt.variables.splice(0, Infinity, ...structuredClone(variables));
      end();
    },
    undo() {
      const before = done.pop();
      if (!before) return false;
      undone.push(prompt);
      prompt = before;
      return true;
    },
    redo() {
      const after = undone.pop();
      if (!after) return false;
      done.push(prompt);
      prompt = after;
      return true;
    },
    save: () => ({ version: 2, sealed: seal.close(JSON.stringify(prompt)) }),
    restore({ version, sealed }) {
      if (version !== 1 && version !== 2) throw refused('UNKNOWN_VERSION');
      let restored: Prompt;
      try {
        restored = version === 1 ? fromV1(sealed) : JSON.parse(seal.open(sealed));
      } catch (error) {
        throw refused('BROKEN_MEMENTO', error);
      }
      begin();
      prompt = restored;
      end();
    },
    weight,
  };
};
