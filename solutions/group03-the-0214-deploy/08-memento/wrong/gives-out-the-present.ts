// Gives out the prompt that it works on: whoever shows it can change it, and with it the history.
import type { CreatePromptEditor, Prompt, PromptV1 } from '#answerdesk/seams/prompt-editor.ts';

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
  const states: Prompt[] = [structuredClone(initial)];
  let at = 0;
  const present = () => states[at] as Prompt;
  const weight = () => states.reduce((sum, each) => sum + bytesOf(each), 0);
  function step(prompt: Prompt): void {
    states.splice(at + 1, Infinity, prompt);
    while (states.length > 1 && (states.length > policy.maxSteps + 1 || weight() > policy.maxBytes)) states.shift();
    at = states.length - 1;
  }
  function go(to: number): boolean {
    if (!states[to]) return false;
    at = to;
    return true;
  }
  return {
    prompt: () => present(),
    edit(given) {
      const { model, ...rest } = structuredClone(given);
      step({ ...present(), ...rest, model: { ...present().model, ...model } });
    },
    undo: () => go(at - 1),
    redo: () => go(at + 1),
    save: () => ({ version: 2, sealed: seal.close(JSON.stringify(present())) }),
    restore({ version, sealed }) {
      if (version !== 1 && version !== 2) throw refused('UNKNOWN_VERSION');
      let restored: Prompt;
      try {
        restored = version === 1 ? fromV1(sealed) : JSON.parse(seal.open(sealed));
      } catch (error) {
        throw refused('BROKEN_MEMENTO', error);
      }
      step(restored);
    },
    weight,
  };
};
