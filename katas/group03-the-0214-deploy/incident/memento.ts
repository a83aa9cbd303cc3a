import type { Memento, Prompt, PromptEdit, PromptV1 } from '#answerdesk/seams/prompt-editor.ts';
import type { readRecording } from '#kit/events.ts';
import { between, pick, roll } from '#kit/seeded.ts';

/** What somebody did to a tenant's prompt that night, or the deploy to its editor. */
export type Doing =
  /** `draft` is what the tenant had last saved, with the release before. */
  | { type: 'PromptEditorOpened'; data: { prompt: Prompt; draft?: Memento } }
  | { type: 'PromptEdited'; data: { change: PromptEdit } }
  | { type: 'PromptEditUndone'; data: object }
  | { type: 'PromptEditRedone'; data: object }
  /** Its worker was restarted: another editor begins at the published prompt and the draft that was saved last. */
  | { type: 'PromptEditorRestarted'; data: object };

export type Stimulus = Doing & {
  /** Milliseconds since the scene began. */
  at: number;
  tenant: string;
  /** Id of the recorded event, where it comes from a recording. */
  event?: number;
};

const TENANTS = ['acme', 'borealis', 'cobalt', 'delta', 'ember', 'fjord', 'garnet', 'harbor', 'indigo'];
/** Those whose last draft was saved by the release before. */
const OLD_DRAFTS = 3;
/** When the rolling deploy reached the workers, the first time and the second. */
const RESTARTS = [180_000, 480_000];

/** Nine tenants change their prompts, because answers look odd, and take the changes back, while the deploy restarts their editors twice. */
export function editingNight(seed: number): Stimulus[] {
  return TENANTS.flatMap((tenant, n) => sessionOf(seed, tenant, n)).sort((a, b) => a.at - b.at);
}

function sessionOf(seed: number, tenant: string, n: number): Stimulus[] {
  const stimuli: Stimulus[] = [];
  const begins = between(seed, `${tenant} begins`, 5_000, 60_000);
  const prompt = promptOf(seed, tenant);
  const v1: Memento = { version: 1, sealed: JSON.stringify(promptV1Of(seed, tenant)) };
  const old = n % Math.floor(TENANTS.length / OLD_DRAFTS) === between(seed, 'old drafts', 0, 2);
  stimuli.push({ at: begins, tenant, type: 'PromptEditorOpened', data: { prompt, ...(old && { draft: v1 }) } });
  const restarts = RESTARTS.map((at) => at + n * 9_000);
  for (const [round, from] of [begins, ...restarts].entries()) {
    if (round > 0) stimuli.push({ at: from, tenant, type: 'PromptEditorRestarted', data: {} });
    doingsOf(seed, `${tenant} ${round}`).forEach((doing, step) => {
      const at = from + (step + 1) * 15_000 + between(seed, `${tenant} ${round} ${step}`, 0, 9_000);
      stimuli.push({ ...doing, at, tenant });
    });
  }
  return stimuli;
}

/** Edits, some of them taken back, some of those done again. */
function doingsOf(seed: number, name: string): Doing[] {
  const edits = between(seed, `edits ${name}`, 1, 3);
  const back = between(seed, `back ${name}`, 1, edits);
  const forth = roll(seed, `forth ${name}`) < 0.4 ? 1 : 0;
  return [
    ...Array.from({ length: edits }, (_, n) => ({
      type: 'PromptEdited' as const,
      data: { change: changeOf(seed, `${name} ${n}`) },
    })),
    ...Array.from({ length: back }, () => ({ type: 'PromptEditUndone' as const, data: {} })),
    ...Array.from({ length: forth }, () => ({ type: 'PromptEditRedone' as const, data: {} })),
  ];
}

/** The same from their recording. */
export function recordedNight({ events, at }: ReturnType<typeof readRecording>): Stimulus[] {
  const doings = [
    'PromptEditorOpened',
    'PromptEdited',
    'PromptEditUndone',
    'PromptEditRedone',
    'PromptEditorRestarted',
  ];
  return events
    .filter(({ type }) => doings.includes(type))
    .map((event) => {
      const { tenant, ...data } = event.data;
      return { at: at(event), event: event.id, tenant, type: event.type, data } as unknown as Stimulus;
    });
}

const WORDS = ['refund', 'Größe', 'invoice', 'naïve', 'délai', 'ticket', '返品', 'tone', 'order', 'søknad'] as const;
/** Some words, and one that is in no other text. */
function textOf(seed: number, name: string, words: number): string {
  const some = Array.from({ length: words }, (_, n) => pick(seed, `${name} word ${n}`, WORDS));
  return [...some, wordOf(seed, name)].join(' ');
}
const wordOf = (seed: number, name: string) =>
  Math.floor(roll(seed, `unique ${name}`) * 36 ** 8)
    .toString(36)
    .padStart(8, 'x');

function variablesOf(seed: number, name: string, least: number): Prompt['variables'] {
  return Array.from({ length: between(seed, `${name} variables`, least, 4) }, (_, n) => ({
    name: `var_${wordOf(seed, `${name} name ${n}`)}`,
    value: textOf(seed, `${name} value ${n}`, 2),
    tags: Array.from({ length: between(seed, `${name} tags ${n}`, 0, 2) }, (_, tag) =>
      wordOf(seed, `${name} ${n} ${tag}`),
    ),
  }));
}

/** A model's settings; no two have the same temperature. */
function modelOf(seed: number, name: string): Prompt['model'] {
  return {
    name: pick(seed, `${name} model`, ['sol-large', 'sol-small', 'sol-mini']),
    temperature: between(seed, `${name} temperature`, 1, 2_000_000) / 1_000_000,
    stop: Array.from({ length: between(seed, `${name} stop`, 1, 3) }, (_, n) => wordOf(seed, `${name} stop ${n}`)),
  };
}

/** Some prompt. All its texts have a word of their own. */
export function promptOf(seed: number, name: string): Prompt {
  return {
    title: textOf(seed, `${name} title`, 1),
    text: textOf(seed, `${name} text`, 8),
    variables: variablesOf(seed, name, 1),
    model: modelOf(seed, name),
  };
}

/** Some change, of at least one field, to what was never there before. */
export function changeOf(seed: number, name: string): PromptEdit {
  const { name: model, temperature, stop } = modelOf(seed, name);
  const given = between(seed, `${name} given`, 1, 15);
  const ofModel = pick<Partial<Prompt['model']>>(seed, `${name} of model`, [
    { temperature },
    { stop },
    { name: model, temperature },
    { name: model, temperature, stop },
  ]);
  return {
    ...(given & 1 && { title: textOf(seed, `${name} title`, 1) }),
    ...(given & 2 && { text: textOf(seed, `${name} text`, 8) }),
    ...(given & 4 && { variables: variablesOf(seed, name, 1) }),
    ...(given & 8 && { model: ofModel }),
  };
}

/** Some prompt as the release before had it. */
export function promptV1Of(seed: number, name: string): PromptV1 {
  const { title, text, variables, model } = promptOf(seed, `${name} old`);
  return {
    title,
    text,
    variables: Object.fromEntries(variables.map((variable) => [variable.name, variable.value])),
    model: model.name,
    temperature: model.temperature,
    ...(roll(seed, `${name} old stop`) < 0.5 && { stop: model.stop[0] as string }),
  };
}
