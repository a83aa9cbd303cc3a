// immer: each state is frozen and shares what didn't change, so a history costs little and nobody can write in it.
import { freeze, type Immutable, produce } from 'immer';
import type { CreatePromptEditor, Memento, Prompt, PromptV1 } from '#answerdesk/seams/prompt-editor.ts';

type State = { prompt: Prompt; bytes: number };

const refused = (code: 'UNKNOWN_VERSION' | 'BROKEN_MEMENTO', cause?: unknown) =>
  Object.assign(new Error(`the draft can't be restored: ${code}`, { cause }), { code });

const weighed = (prompt: Prompt): State => ({ prompt, bytes: new TextEncoder().encode(JSON.stringify(prompt)).length });

function fromV1(old: Partial<PromptV1>): Prompt {
  const { title, text, variables, model, temperature, stop } = old;
  if (title === undefined || text === undefined || !variables || model === undefined || temperature === undefined) {
    throw refused('BROKEN_MEMENTO');
  }
  const tagged = Object.entries(variables).map(([name, value]) => ({ name, value, tags: [] }));
  return {
    title,
    text,
    variables: tagged,
    model: { name: model, temperature, stop: stop === undefined ? [] : [stop] },
  };
}

export const createPromptEditor: CreatePromptEditor = ({ seal }, initial, { maxSteps, maxBytes }) => {
  const past: State[] = [];
  let present = weighed(freeze(structuredClone(initial), true));
  let future: State[] = [];
  const weight = () => [...past, present, ...future].reduce((sum, { bytes }) => sum + bytes, 0);

  function step(prompt: Prompt) {
    past.push(present);
    present = weighed(prompt);
    future = [];
    while (past.length > maxSteps || (past.length > 0 && weight() > maxBytes)) past.shift();
  }
  function open({ version, sealed }: Memento): Prompt {
    if (version !== 1 && version !== 20260512) throw refused('UNKNOWN_VERSION');
    try {
      return version === 1 ? fromV1(JSON.parse(sealed)) : JSON.parse(seal.open(sealed));
    } catch (error) {
      throw refused('BROKEN_MEMENTO', error);
    }
  }

  return {
    prompt: () => present.prompt as Immutable<Prompt> as Prompt,
    edit(change) {
      const { model, ...rest } = structuredClone(change);
      step(
        produce(present.prompt, (draft) => {
          Object.assign(draft, rest);
          Object.assign(draft.model, model);
        }),
      );
    },
    undo() {
      const before = past.pop();
      if (!before) return false;
      future.unshift(present);
      present = before;
      return true;
    },
    redo() {
      const after = future.shift();
      if (!after) return false;
      past.push(present);
      present = after;
      return true;
    },
    save: () => ({ version: 20260512, sealed: seal.close(JSON.stringify(present.prompt)) }),
    restore: (memento) => step(freeze(open(memento), true)),
    weight,
  };
};
