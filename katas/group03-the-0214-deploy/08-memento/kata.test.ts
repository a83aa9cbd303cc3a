import { isDeepStrictEqual } from 'node:util';
import { unzipSync } from 'node:zlib';
import type {
  CreatePromptEditor,
  EditorPolicy,
  Memento,
  Prompt,
  PromptEdit,
  PromptEditor,
  PromptV1,
} from '#answerdesk/seams/prompt-editor.ts';
import { arriveInTurn } from '#answerdesk/simulation/asking.ts';
import {
  attempt,
  both,
  broughtUp,
  ExpectedHistory,
  type PromptDesk,
  promptDesk,
  sealOf,
  wrongFields,
} from '#answerdesk/simulation/prompt-desk.ts';
import { readRecording } from '#kit/events.ts';
import { between, pick, roll, shuffled } from '#kit/seeded.ts';
import { behaviour, inAnotherProcess, incident, must, tradeOff } from '#kit/suite.ts';
import { changeOf, editingNight, promptOf, promptV1Of, recordedNight, type Stimulus } from '../incident/memento.ts';
import { BEGINS, RECORDED_SEED } from '../incident/script.ts';
import * as kata from './kata.ts';

const createPromptEditor: CreatePromptEditor = kata.createPromptEditor;

const inProduction: EditorPolicy = { maxSteps: 50, maxBytes: 1_000_000 };
const bytesOf = (prompt: Prompt) => Buffer.byteLength(JSON.stringify(prompt));
const desk = (prompt: Prompt, policy: EditorPolicy, tenant = 'acme', create = createPromptEditor) =>
  promptDesk(create, prompt, policy, tenant);

/** Any steps, in any order; what was saved is restored now and then. */
function anySteps(at: PromptDesk, seed: number, name: string, count: number, look = () => {}): void {
  const saved: { memento: Memento; prompt: Prompt }[] = [];
  for (let n = 0; n < count; n++) {
    const dice = roll(seed, `${name} step ${n}`);
    const old = saved[between(seed, `${name} saved ${n}`, 0, 5)];
    if (dice < 0.4) at.edit(changeOf(seed, `${name} ${n}`));
    else if (dice < 0.65) at.move(-1);
    else if (dice < 0.8) at.move(1);
    else if (dice < 0.9 || !old) saved.push({ memento: at.save(), prompt: at.expected.prompt });
    else if (!isDeepStrictEqual(old.prompt, at.expected.prompt)) at.restore(old.memento, old.prompt);
    look();
  }
}
const policyOf = (seed: number): EditorPolicy => ({ maxSteps: between(seed, 'steps', 15, 60), maxBytes: 10_000_000 });
const edits = (at: PromptDesk, seed: number, count: number, name = 'edit') => {
  for (let n = 0; n < count; n++) at.edit(changeOf(seed, `${name} ${n}`));
};

incident(
  'what is taken back comes back whole, and so does a draft after a restart',
  {
    recorded: () => recordedNight(readRecording(new URL('./incident.jsonl', import.meta.url), BEGINS)),
    fresh: editingNight,
    recordedSeed: RECORDED_SEED,
  },
  async (night, { clock, history }) => {
    const sessions = new Map<string, Session>();
    const shown: Shown[] = [];
    arriveInTurn(night, (stimulus) => {
      const { tenant, type, data, event } = stimulus;
      const stream = `prompt-${tenant}`;
      const causationId = history.record({ stream, type, data: { tenant, ...data } });
      const session = stimulus.type === 'PromptEditorOpened' ? opened(stimulus) : sessions.get(tenant);
      if (!session) return;
      sessions.set(tenant, session);
      const wrong = follow(session, stimulus);
      history.record({ stream, type: 'PromptShown', data: { tenant, wrong }, causationId });
      shown.push({ tenant, wrong, after: type, event });
    });
    await clock.advance((night.at(-1)?.at ?? 0) + 1_000);

    const told = (all: Shown[], what: string, of: Shown[]) =>
      must(
        all.length === 0,
        () => `${all.length} of ${of.length} ${what} (first: ${all[0]?.tenant}, wrong in its ${both(all[0]?.wrong)})`,
        all[0]?.event,
      );
    const by = (...types: string[]) => shown.filter(({ after }) => types.includes(after));
    const half = (all: Shown[]) => all.filter(({ wrong }) => wrong.length > 0);
    const steps = by('PromptEditUndone', 'PromptEditRedone');
    told(half(steps), 'steps back or forth brought back half a prompt', steps);
    const restored = by('PromptEditorOpened', 'PromptEditorRestarted');
    told(half(restored), 'drafts were restored by half', restored);
    told(half(shown), 'prompts were not what they should be', shown);
  },
  { startAt: BEGINS },
);

interface Shown {
  tenant: string;
  wrong: string[];
  after: string;
  event: number | undefined;
}
interface Session {
  published: Prompt;
  editor: PromptEditor;
  expected: ExpectedHistory;
  draft: { memento: Memento; prompt: Prompt } | undefined;
}
function opened({ tenant, data }: Extract<Stimulus, { type: 'PromptEditorOpened' }>): Session {
  const { prompt, draft } = data;
  const kept = draft && { memento: draft, prompt: broughtUp(JSON.parse(draft.sealed)) };
  return { published: prompt, ...fresh(tenant, prompt), draft: kept };
}
function fresh(tenant: string, prompt: Prompt) {
  const editor = createPromptEditor({ seal: sealOf(tenant) }, structuredClone(prompt), inProduction);
  return { editor, expected: new ExpectedHistory(prompt, inProduction) };
}

/** Does what was done that night, and tells in which fields the prompt isn't what it should be. */
function follow(session: Session, { tenant, ...doing }: Stimulus): string[] {
  if (doing.type === 'PromptEditorRestarted') Object.assign(session, fresh(tenant, session.published));
  const { editor, expected, draft } = session;
  try {
    if (doing.type === 'PromptEdited') {
      expected.edit(doing.data.change);
      editor.edit(structuredClone(doing.data.change));
    } else if (doing.type === 'PromptEditUndone') {
      expected.move(-1);
      editor.undo();
    } else if (doing.type === 'PromptEditRedone') {
      expected.move(1);
      editor.redo();
    } else if (draft) {
      expected.step(draft.prompt);
      editor.restore({ ...draft.memento });
    }
    session.draft = { memento: JSON.parse(JSON.stringify(editor.save())), prompt: expected.prompt };
  } catch {
    // An editor that throws shows a prompt all the same, and that is what counts.
  }
  return wrongFields(editor.prompt(), expected.prompt);
}

behaviour(
  'undo',
  'undo and redo lead through every prompt that was, whole, and say when there is no more',
  ({ seed }) => {
    const straight = desk(promptOf(seed, 'straight'), policyOf(seed));
    must(!straight.move(-1) && !straight.move(1), 'there was nothing to take back');
    edits(straight, seed, between(seed, 'count', 4, 12));
    straight.walk();
    const at = desk(promptOf(seed, 'any'), policyOf(seed));
    anySteps(at, seed, 'any', 60);
    at.walk();
  },
);

behaviour('edit', 'an edit changes what it gives, be it nothing, nought or an empty text, and no more', ({ seed }) => {
  const at = desk(promptOf(seed, 'full'), policyOf(seed));
  const empty: PromptEdit[] = [
    { title: '' },
    { text: '' },
    { variables: [] },
    { model: { temperature: 0 } },
    { model: { stop: [] } },
    { model: { name: `sol-${seed}` } },
  ];
  for (const change of shuffled(seed, 'empty', empty)) at.edit(change);
  edits(at, seed, 4);
});

behaviour('redo-ends', 'what was undone is gone with the next step, an edit or a restore', ({ seed }) => {
  for (const step of ['edit', 'restore'] as const) {
    const at = desk(promptOf(seed, step), policyOf(seed));
    const first = { memento: at.save(), prompt: at.expected.prompt };
    const count = between(seed, `count ${step}`, 3, 8);
    edits(at, seed, count);
    for (let n = between(seed, `back ${step}`, 1, count - 1); n > 0; n--) at.move(-1);
    at.save();
    if (step === 'edit') at.edit(changeOf(seed, 'another'));
    else at.restore(first.memento, first.prompt);
    must(!at.move(1), 'there was nothing to do again');
    at.walk();
  }
});

behaviour('independent', 'what an editor was given or has given out is no way into it', ({ seed }) => {
  const initial = promptOf(seed, 'initial');
  const editor = createPromptEditor({ seal: sealOf('acme') }, initial, policyOf(seed));
  const states = [structuredClone(initial)];
  spoil(initial);
  const check = (what: string) => {
    const wrong = wrongFields(editor.prompt(), states.at(-1) as Prompt);
    must(wrong.length === 0, () => `${what} changed its ${both(wrong)}`);
  };
  check('what was done to the prompt that an editor had begun with');
  for (let n = 0; n < 4; n++) {
    const change = promptOf(seed, `change ${n}`);
    const memento = editor.save();
    states.push(structuredClone(change));
    editor.edit(change);
    spoil(change);
    check('what was done to a change that an editor had been given');
    spoil(editor.prompt());
    check('what was done to a prompt that an editor had given out');
    attempt('a memento', () => editor.restore(structuredClone(memento)));
    spoil(editor.prompt());
    editor.undo();
    check('what was done to another prompt, that had been restored,');
  }
  for (let n = states.length; n > 1; n--) {
    check('what was done to other prompts, seen after undo,');
    spoil(editor.prompt());
    editor.undo();
    states.pop();
  }
  check('what was done to other prompts, seen after undo,');
});

behaviour(
  'save',
  'a memento brings back the prompt of then, as often as one likes, in any editor of the tenant',
  async (run) => {
    const { seed } = run;
    const at = desk(promptOf(seed, 'begin'), policyOf(seed));
    edits(at, seed, 3);
    const saved = { memento: at.save(), prompt: at.expected.prompt };
    edits(at, seed, 2, 'later');
    at.restore(saved.memento, saved.prompt);
    edits(at, seed, 1, 'after');
    at.restore(saved.memento, saved.prompt);
    const other = desk(promptOf(seed, 'other'), policyOf(seed + 1));
    other.restore(saved.memento, saved.prompt);
    edits(other, seed, 2, 'other');
    other.restore(at.save(), at.expected.prompt);
    const again = await inAnotherProcess(() => import('./kata.ts'));
    const restarted = desk(promptOf(seed, 'begin'), policyOf(seed), 'acme', again.createPromptEditor);
    restarted.restore(saved.memento, saved.prompt);
    at.restore(restarted.save(), saved.prompt);
  },
);

behaviour('sealed', 'nobody who keeps a memento can read in it', ({ seed }) => {
  const prompt = promptOf(seed, 'secret');
  const at = desk(prompt, policyOf(seed));
  edits(at, seed, 2);
  const { title, text, variables, model } = at.expected.prompt;
  const words = [title, text, ...variables.flatMap(({ name, value, tags }) => [name, value, ...tags]), ...model.stop]
    .flatMap((each) => each.split(/[ _]/))
    .filter((word) => word.length >= 8);
  const memento = JSON.stringify(at.editor.save());
  const read = readings(memento).find((reading) => words.some((word) => reading.includes(word)));
  must(!read, () => `who kept the memento read in it: ${excerpt(read ?? '', words)}`);
});

behaviour(
  'tampered',
  "a memento that was changed, or is another tenant's, is refused, and nothing has changed",
  (run) => {
    const { seed } = run;
    const at = desk(promptOf(seed, 'begin'), policyOf(seed));
    edits(at, seed, 4);
    const memento = at.save();
    edits(at, seed, 2, 'later');
    const { version, sealed } = memento;
    const prompt = promptOf(seed, 'forged');
    const others = desk(prompt, policyOf(seed), 'borealis').save();
    const forged: [string, Memento][] = [
      ['a memento with letters changed', { version, sealed: withOtherLetters(seed, sealed) }],
      ['half a memento', { version, sealed: sealed.slice(0, Math.floor(sealed.length / 2)) }],
      ['an empty memento', { version, sealed: '' }],
      ["another tenant's memento", others],
      ['a prompt that was never sealed', { version, sealed: JSON.stringify(prompt) }],
      ['a prompt in base64', { version, sealed: Buffer.from(JSON.stringify(prompt)).toString('base64') }],
      [
        'a prompt of the old format under the new version',
        { version, sealed: JSON.stringify(promptV1Of(seed, 'forged')) },
      ],
    ];
    if (version !== 1) forged.push(['a memento under version 1', { version: 1, sealed }]);
    for (const [what, each] of shuffled(seed, 'forged', forged)) at.refuses(each, 'BROKEN_MEMENTO', what);
    at.walk();
    at.move(-1);
    at.refuses({ version, sealed: '' }, 'BROKEN_MEMENTO', 'an empty memento');
    at.walk();
  },
);

behaviour('unknown-version', "a version that this release doesn't know is refused by that name", ({ seed }) => {
  const at = desk(promptOf(seed, 'begin'), policyOf(seed));
  edits(at, seed, 3);
  const { version, sealed } = at.save();
  const next = Math.max(1, version) + between(seed, 'newer', 1, 9);
  for (const unknown of [next, 0, -1]) {
    if (unknown !== version)
      at.refuses({ version: unknown, sealed }, 'UNKNOWN_VERSION', `a memento of version ${unknown}`);
  }
  at.move(-1);
  at.refuses({ version: next, sealed }, 'UNKNOWN_VERSION', `a memento of version ${next}`);
  at.walk();
});

behaviour('old-version', 'a draft of version 1 is restored with all that it had, or refused', ({ seed }) => {
  const at = desk(promptOf(seed, 'begin'), policyOf(seed));
  edits(at, seed, 1);
  for (const n of [1, 2, 3]) {
    const old: PromptV1 = {
      ...promptV1Of(seed, `old ${n}`),
      ...(n === 2 && { variables: {}, temperature: 0, text: '' }),
    };
    if (n === 3) delete old.stop;
    at.restore({ version: 1, sealed: JSON.stringify(old) }, broughtUp(old));
    edits(at, seed, 1, `after ${n}`);
  }
  at.move(-1);
  at.walk();
  at.move(-1);
  const whole = promptV1Of(seed, 'whole');
  const field = pick(seed, 'field', ['title', 'text', 'variables', 'model', 'temperature']);
  const broken: [string, string][] = [
    ['that is no JSON', JSON.stringify(whole).slice(0, -1)],
    ['that holds null', 'null'],
    ['that holds a text', JSON.stringify('whole')],
    [`without its ${field}`, JSON.stringify({ ...whole, [field]: undefined })],
  ];
  for (const [what, sealed] of shuffled(seed, 'broken', broken)) {
    at.refuses({ version: 1, sealed }, 'BROKEN_MEMENTO', `a memento of version 1 ${what}`);
  }
  at.walk();
});

behaviour('steps', 'no more steps can be taken back than the policy allows, and no fewer', ({ seed }) => {
  for (const maxSteps of [1, between(seed, 'few', 2, 8)]) {
    const at = desk(promptOf(seed, `${maxSteps}`), { maxSteps, maxBytes: 10_000_000 });
    edits(at, seed, maxSteps + between(seed, 'more', 1, 5));
    at.walk();
    anySteps(at, seed, `any ${maxSteps}`, 40);
    at.walk();
  }
});

behaviour('weight', 'the history weighs what the prompts in it weigh, in bytes', ({ seed }) => {
  const at = desk(promptOf(seed, 'begin'), { maxSteps: between(seed, 'steps', 3, 12), maxBytes: 10_000_000 });
  at.weigh();
  anySteps(at, seed, 'any', 40, at.weigh);
  while (at.move(-1)) at.weigh();

  const begin = promptOf(seed, 'full');
  const all = new ExpectedHistory(begin, policyOf(seed));
  const count = between(seed, 'count', 4, 8);
  for (let n = 0; n < count; n++) all.edit(changeOf(seed, `full ${n}`));
  for (const short of [0, 1]) {
    const full = desk(begin, { maxSteps: 100, maxBytes: all.weight - short });
    edits(full, seed, count, 'full');
    full.weigh();
    full.walk();
  }
});

behaviour('apart', 'two editors have nothing in common', ({ seed }) => {
  const [one, other] = ['one', 'other'].map((name) => desk(promptOf(seed, name), policyOf(seed))) as [
    PromptDesk,
    PromptDesk,
  ];
  for (let n = 0; n < 4; n++) {
    edits(one, seed, 2, `one ${n}`);
    edits(other, seed, 1, `other ${n}`);
    other.move(-1);
    one.check();
  }
  one.walk();
  other.walk();
});

tradeOff(
  'a prompt of a hundred pages, at each letter: the history keeps to its weight, and holds what fits',
  ({ seed }) => {
    const huge = 'Überaus große Anweisung. '.repeat(between(seed, 'pages', 300, 900));
    const prompt = { ...promptOf(seed, 'huge'), text: huge };
    const fits = between(seed, 'fits', 2, 5) + 0.5;
    const policy: EditorPolicy = { maxSteps: 200, maxBytes: Math.floor(bytesOf(prompt) * fits) };
    const at = desk(prompt, policy);
    const letters = 'Never promise a refund.'.slice(0, between(seed, 'letters', 12, 20));
    for (let n = 1; n <= letters.length; n++) {
      attempt('a letter', () => at.editor.edit({ text: huge + letters.slice(0, n) }));
      at.expected.edit({ text: huge + letters.slice(0, n) });
      const weight = at.editor.weight();
      must(
        weight <= policy.maxBytes,
        () =>
          `after ${n} letters the history of a prompt of ${bytesOf(prompt)} bytes weighs ${weight}; the bound is ${policy.maxBytes}`,
      );
      if (n % 4 === 0) at.weigh();
    }
    at.walk();
    at.edit({ text: huge.repeat(Math.ceil(fits)) });
    must(!at.move(-1), 'a prompt heavier than the whole history is alone in it');
    at.edit({ text: 'short' });
    must(!at.move(-1), 'a prompt heavier than the whole history is not kept');
    anySteps(at, seed, 'small', 30, at.weigh);
    at.walk();
  },
);

/** Changes whatever can be changed, deep down. */
function spoil(prompt: Prompt): void {
  const attempts = [
    () => Object.assign(prompt, { title: 'spoilt', text: 'spoilt' }),
    () => Object.assign(prompt.model, { name: 'spoilt', temperature: 9 }),
    () => prompt.model.stop.push('spoilt'),
    () => Object.assign(prompt.variables[0] ?? {}, { value: 'spoilt' }),
    () => prompt.variables[0]?.tags.push('spoilt'),
    () => prompt.variables.push({ name: 'spoilt', value: '', tags: [] }),
  ];
  for (const spoilPart of attempts) {
    try {
      spoilPart();
    } catch {
      // Frozen is as good.
    }
  }
}

/** The text as it stands, and what its parts give when somebody tries the usual encodings. */
function readings(text: string): string[] {
  const decoded = (text.match(/[\w+/=-]{16,}/g) ?? []).flatMap((part) => {
    const bytes = [Buffer.from(part, 'base64'), Buffer.from(part, 'hex')];
    return bytes.flatMap((each) => [each.toString('utf8'), unzipped(each)]);
  });
  return [text, [...text].reverse().join(''), ...decoded];
}
function unzipped(bytes: Buffer): string {
  try {
    return unzipSync(bytes).toString('utf8');
  } catch {
    return '';
  }
}
function excerpt(reading: string, words: string[]): string {
  const at = Math.min(...words.map((word) => reading.indexOf(word)).filter((index) => index >= 0));
  return JSON.stringify(reading.slice(Math.max(0, at - 20), at + 40));
}

/** Six letters in the middle replaced by others that occur in it. */
function withOtherLetters(seed: number, sealed: string): string {
  const alphabet = [...new Set(sealed)] as [string, ...string[]];
  const from = between(seed, 'letters', 0, Math.max(0, sealed.length - 12));
  const other = [...sealed.slice(from, from + 6)].map((letter, n) => {
    const others = alphabet.filter((each) => each.toLowerCase() !== letter.toLowerCase());
    return pick(seed, `letter ${n}`, others as [string, ...string[]]);
  });
  return sealed.slice(0, from) + other.join('') + sealed.slice(from + 6);
}
