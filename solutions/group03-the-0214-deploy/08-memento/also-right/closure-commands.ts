// Plain closures and a linked list of states; edits that change nothing are no steps.
import { isDeepStrictEqual } from 'node:util';
import type { CreatePromptEditor, Prompt } from '#answerdesk/seams/prompt-editor.ts';

interface Node {
  prompt: Prompt;
  bytes: number;
  before: Node | undefined;
  after: Node | undefined;
}
const fail = (code: string): never => {
  throw Object.assign(new Error(code), { code });
};

export const createPromptEditor: CreatePromptEditor = ({ seal }, initial, policy) => {
  const node = (prompt: Prompt): Node => {
    const json = JSON.stringify(prompt);
    return { prompt: JSON.parse(json), bytes: Buffer.from(json).length, before: undefined, after: undefined };
  };
  let here = node(initial);

  function backwards(): Node[] {
    const nodes: Node[] = [];
    for (let each: Node | undefined = here; each; each = each.before) nodes.push(each);
    return nodes;
  }
  function trim(): void {
    let bytes = 0;
    for (const [n, each] of backwards().entries()) {
      bytes += each.bytes;
      if (n > 0 && (n > policy.maxSteps || bytes > policy.maxBytes)) {
        if (each.after) each.after.before = undefined;
        return;
      }
    }
  }
  function step(prompt: Prompt): void {
    if (isDeepStrictEqual(prompt, here.prompt)) return;
    const next = node(prompt);
    next.before = here;
    here.after = next;
    here = next;
    trim();
  }
  function versionOne(sealed: string): Prompt {
    let old: Record<string, unknown>;
    try {
      old = Object(JSON.parse(sealed));
    } catch {
      return fail('BROKEN_MEMENTO');
    }
    const { title, text, variables, model, temperature, stop } = old;
    if (typeof title !== 'string' || typeof text !== 'string' || typeof model !== 'string') fail('BROKEN_MEMENTO');
    if (typeof temperature !== 'number' || typeof variables !== 'object' || !variables) fail('BROKEN_MEMENTO');
    return {
      title: title as string,
      text: text as string,
      variables: Object.entries(variables as object).map(([name, value]) => ({ name, value, tags: [] })),
      model: {
        name: model as string,
        temperature: temperature as number,
        stop: [stop].filter((each): each is string => typeof each === 'string'),
      },
    };
  }

  return {
    prompt: () => structuredClone(here.prompt),
    edit: ({ model, ...rest }) => step({ ...here.prompt, ...rest, model: { ...here.prompt.model, ...model } }),
    undo: () => {
      if (!here.before) return false;
      here = here.before;
      return true;
    },
    redo: () => {
      if (!here.after) return false;
      here = here.after;
      return true;
    },
    save: () => ({ version: 2, sealed: seal.close(`2 ${JSON.stringify(here.prompt)}`) }),
    restore: ({ version, sealed }) => {
      if (version === 1) return step(versionOne(sealed));
      if (version !== 2) return fail('UNKNOWN_VERSION');
      let text = '';
      try {
        text = seal.open(sealed);
      } catch {
        fail('BROKEN_MEMENTO');
      }
      step(JSON.parse(text.slice(2)));
    },
    weight: () => {
      let bytes = backwards().reduce((sum, each) => sum + each.bytes, 0);
      for (let each = here.after; each; each = each.after) bytes += each.bytes;
      return bytes;
    },
  };
};
