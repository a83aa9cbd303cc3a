import type { Passage } from '#answerdesk/knowledge.ts';
import type {
  CreateNaiveRag,
  EmbeddedPassage,
  Embedding,
  NaiveRag,
  NaiveRagSettings,
  RagAnswer,
} from '#answerdesk/seams/naive-rag.ts';
import { readRecording } from '#kit/events.ts';
import { between, pick, roll, shuffled } from '#kit/seeded.ts';
import { behaviour, incident, must, tradeOff } from '#kit/suite.ts';
import { BEGINS, RECORDED_SEED } from '../incident/day.ts';
import { embed } from '../incident/embedding.ts';
import {
  embeddedBy,
  FORMER_MODEL,
  firstHour,
  libraryOf,
  playHour,
  recordedHour,
  sampleOf,
} from '../incident/naive-rag.ts';
import { BAD, MODEL, misranked, passage, spoilt, tiny } from '../incident/naive-rag-vectors.ts';
import { asks } from '../incident/questions.ts';
import * as kata from './kata.ts';

const createNaiveRag: CreateNaiveRag = kata.createNaiveRag;

type Vectors = Record<string, ArrayLike<number> | Embedding>;
/** An answer with a model that knows the vectors of these questions. */
function desk(questions: Vectors = {}, settings: Partial<NaiveRagSettings> = {}) {
  const prompts: string[] = [];
  const events: unknown[] = [];
  const all = { model: MODEL, dimensions: 3, k: 2, ...settings };
  const rag = createNaiveRag(
    {
      embed: async (text) => {
        const known = questions[text] ?? new Array(all.dimensions).fill(0);
        return structuredClone('model' in known ? known : { model: all.model, vector: known });
      },
      generate: async (prompt) => {
        prompts.push(prompt);
        return `answer ${prompts.length}`;
      },
      emit: (event) => void events.push(structuredClone(event)),
    },
    { ...all },
  );
  return { rag, prompts, events };
}

async function add(rag: NaiveRag, passages: readonly EmbeddedPassage[]): Promise<void> {
  try {
    await rag.add(structuredClone(passages));
  } catch (error) {
    must(false, `${passages.length} good passages were refused: ${(error as Error)?.message}`);
  }
}
/** The code that it was refused with. */
async function refusal(act: () => unknown): Promise<string | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    return String((error as { code?: string })?.code ?? error);
  }
}
const idsOf = async (rag: NaiveRag, question: string, k: number, among?: ReadonlySet<string>) =>
  (await rag.search(question, k, among && new Set(among))).map(({ id }) => id);

const inPrompt = (prompt: string, { text }: Passage) => prompt.includes(text.trim());

incident(
  'while the index fills, no question is answered without a document, and none from documents that are not the nearest',
  {
    recorded: () => recordedHour(readRecording(new URL('./incident.jsonl', import.meta.url), BEGINS)),
    fresh: firstHour,
    recordedSeed: RECORDED_SEED,
  },
  async (scene, run) => {
    const { told, takenIn } = await playHour(scene, run, createNaiveRag);
    const blind = told.filter(({ indexed, prompts }) => indexed.length === 0 && prompts.length > 0);
    must(
      blind.length === 0,
      () => `${blind.length} of ${told.length} questions were answered while not one page was indexed`,
      blind[0]?.event,
    );
    const [foreign] = takenIn.filter(({ model }) => model === FORMER_MODEL);
    must(
      foreign === undefined,
      () => `${foreign?.passages.length} vectors of ${foreign?.model} were taken in among those of another model`,
      foreign?.event,
    );
    const could = told.filter(({ indexed }) => indexed.length > 0);
    const wrong = could.flatMap((one) => {
      const ids = one.answer.answered ? one.answer.passages.map(({ id }) => id) : [];
      const what = misranked(ids, one.indexed, embed(one.ask.text), scene.k);
      return what ? [{ ...one, what }] : [];
    });
    must(
      wrong.length === 0,
      () =>
        `${wrong.length} of ${could.length} questions weren't answered from the nearest passages: ${wrong[0]?.what}`,
      wrong[0]?.event,
    );
    const missing = could.find(({ prompts, answer, indexed }) =>
      indexed.some(
        (one) =>
          answer.answered &&
          answer.passages.some(({ id }) => id === one.passage.id) &&
          !inPrompt(prompts[0] ?? '', one.passage),
      ),
    );
    must(!missing, () => `${missing?.ask.id}: a passage is named that the model wasn't given`, missing?.event);
  },
  { startAt: BEGINS },
);

behaviour(
  'nearest',
  'the k nearest by direction are found, best first, however long their vectors are',
  async ({ seed }) => {
    const tenant = pick(seed, 'tenant', ['northwind', 'larkspur', 'vantelle']);
    const asked = shuffled(
      seed,
      'asks',
      asks('visible').filter((ask) => ask.tenant.tenant === tenant),
    ).slice(0, 8);
    const sample = sampleOf(seed, libraryOf(tenant), asked, 120);
    const unit = { model: MODEL, unit: true };
    const entries = sample.map((one) => {
      const { vector } = embeddedBy({ ...unit, model: 'use-lite-words-128' }, one);
      const scale = 10 ** between(seed, `scale ${one.id}`, -2, 3);
      return { model: MODEL, passage: one, vector: Array.from(vector, (x) => x * scale) };
    });
    const lengths = roll(seed, 'question scale') * 50 + 0.02;
    const questions = Object.fromEntries(asked.map(({ text }) => [text, embed(text).map((x) => x * lengths)]));
    const { rag } = desk(questions, { dimensions: 128 });
    await add(rag, entries);
    for (const { text } of asked) {
      const k = between(seed, `k ${text}`, 1, 140);
      const hits = await rag.search(text, k);
      const what = misranked(
        hits.map(({ id }) => id),
        entries,
        questions[text] as Float32Array,
        k,
      );
      must(what === undefined, `of ${entries.length} passages with vectors from 0.01 to 1000 long: ${what}`);
      const falls = hits.every(({ score }, n) => Number.isFinite(score) && score <= (hits[n - 1]?.score ?? Infinity));
      must(falls, `the scores of ${hits.length} hits don't fall from the first to the last`);
    }
  },
);

behaviour(
  'any-vector',
  'vectors are taken as they come: whole numbers, packed bytes, pointing away',
  async ({ seed }) => {
    const n = between(seed, 'n', 1, 30);
    const packed = tiny(seed, {
      far: Int8Array.of(-n, -1, 0),
      across: Int8Array.of(0, n, 0),
      near: Int8Array.of(n + 90, n, 3),
    });
    const { rag } = desk({ away: [1, 0, 0], 'packed question': Int8Array.of(100, 20, 0) });
    await add(rag, shuffled(seed, 'order', packed));
    for (const question of ['away', 'packed question']) {
      const ids = await idsOf(rag, question, 3);
      must(
        `${ids}` === 'near,across,far',
        `three passages, three were asked for; found were ${ids.join(', ') || 'none'}`,
      );
    }
  },
);

behaviour('ties', 'those that are equally near come by id, and the cut at k falls by id too', async ({ seed }) => {
  const names = ['B', 'a', '10', '9', 'é', 'zebra', 'Zebra', '_', 'b#2-4', 'b#12-14'];
  const sorted = [...names].sort();
  const vector = [between(seed, 'x', 1, 9), between(seed, 'y', -9, 9), between(seed, 'z', -9, 9)];
  const twins = Object.fromEntries(
    names.map((id) => [id, vector.map((x) => x * pick(seed, `scale ${id}`, [1, 2, 0.5]))]),
  );
  const others = { best: [1, 0, 0], worst: [-1, 0, 0] };
  const lists = [];
  for (const order of [1, 2, 3]) {
    const { rag } = desk({ q: [1, 0, 0] });
    for (const one of shuffled(seed, `order ${order}`, tiny(seed, { ...twins, ...others }))) await add(rag, [one]);
    const k = between(seed, `k ${order}`, 2, 11);
    const found = await idsOf(rag, 'q', k);
    const wanted = ['best', ...sorted].slice(0, k);
    must(`${found}` === `${wanted}`, `10 passages are equally near; of the first ${k} were found ${found}`);
    lists.push(`${await idsOf(rag, 'q', 12)}`);
  }
  must(new Set(lists).size === 1, 'the same passages in another order gave another list');
});

behaviour(
  'same-again',
  'the same index and question give the same prompt, byte by byte, at any time',
  async ({ seed, clock }) => {
    const vectors = Object.fromEntries(
      Array.from({ length: 12 }, (_, n) => [
        `p-${n}`,
        [1, between(seed, `${n} y`, 0, 2), between(seed, `${n} z`, 0, 2)],
      ]),
    );
    const prompts = new Set<string>();
    const k = between(seed, 'k', 3, 8);
    for (const time of [1, 2, 3]) {
      const one = desk({ 'Why?': [1, 1, 0] }, { k });
      await add(one.rag, shuffled(seed, `order ${time}`, tiny(seed, vectors)));
      for (let again = 0; again < 2; again++) {
        await one.rag.answer('Why?');
        await clock.advance(between(seed, `pause ${time}`, 1, 90) * 60_000);
      }
      for (const prompt of one.prompts) prompts.add(prompt);
    }
    must(prompts.size === 1, `one question to one index, asked six times, became ${prompts.size} prompts`);
  },
);

behaviour(
  'refuses',
  'vectors that cannot be compared are refused, with everything that came with them',
  async ({ seed }) => {
    const good = tiny(seed, { a: [1, 0, 0], b: [3, 1, 0] });
    for (const how of [...BAD, 'without a direction']) {
      const { rag } = desk({ q: [1, 0, 0] });
      await add(rag, good);
      const batch = tiny(seed, { c: [1, 0, 0], d: [5, 1, 0], b: [0, 0, 1] });
      const n = between(seed, `which ${how}`, 0, 2);
      const sent = batch.map((entry, m) => (m === n ? spoilt(seed, how, entry) : entry));
      const code = await refusal(() => rag.add(structuredClone(sent)));
      must(code !== undefined, `a vector ${how} was taken in`);
      must(code === 'EMBEDDING_REFUSED', `a vector ${how} was refused with the code ${code}`);
      const ids = await idsOf(rag, 'q', 9);
      must(`${ids}` === 'a,b', `a batch with a vector ${how} was refused, and afterwards the index holds ${ids}`);
      await add(rag, batch);
      const now = await idsOf(rag, 'q', 9);
      must(`${now}` === 'a,c,d,b', `after a refusal a good batch came, and the index holds ${now}`);
    }
  },
);

behaviour(
  'question-vector',
  'a question whose vector cannot be compared is refused, and the model is not asked',
  async ({ seed }) => {
    const [entry] = tiny(seed, { a: [1, 2, 3] });
    for (const how of BAD) {
      const { model, vector } = spoilt(seed, how, entry as EmbeddedPassage);
      const { rag, prompts } = desk({ q: { model, vector }, good: [1, 0, 0] });
      await add(rag, [entry as EmbeddedPassage]);
      for (const act of [() => rag.search('q', 1), () => rag.answer('q')]) {
        const code = await refusal(act);
        must(code !== undefined, `a question's vector ${how} was compared with the index`);
        must(code === 'EMBEDDING_REFUSED', `a question's vector ${how} was refused with the code ${code}`);
      }
      must(prompts.length === 0, `a question's vector ${how} was refused, and the model was asked`);
      must((await rag.answer('good')).answered, `after a question's vector ${how} the next question got no answer`);
    }
  },
);

behaviour('nothing-indexed', 'an empty index says so, and the model is not asked', async ({ seed }) => {
  const { rag, prompts, events } = desk({ q: [1, 0, 0] });
  const empty = await rag.search('q', 5);
  must(empty.length === 0, `${empty.length} passages were found in an empty index`);
  await add(rag, []);
  await refusal(() => rag.add(tiny(seed, { a: [1, 0, 0] }, 'other')));
  mustAbstain(await rag.answer('q'), 'nothing indexed', { prompts, events });
  await add(rag, tiny(seed, { a: [1, 0, 0] }));
  must((await rag.answer('q')).answered, 'the first passage was taken in, and the question got no answer');
  must(events.length === 1, `${events.length} events say that a question went unanswered; one did`);
});
function mustAbstain(answer: RagAnswer, reason: string, seen: { prompts: string[]; events: unknown[] }): void {
  must(
    seen.prompts.length === 0,
    `${reason}, and the model was asked: ${JSON.stringify(seen.prompts[0])?.slice(0, 200)}`,
  );
  must(!answer.answered, `${reason}, and there was an answer`);
  must(answer.reason === reason, `${reason}, and the reason given is ${answer.reason}`);
  const wanted = JSON.stringify([{ type: 'QuestionUnanswered', data: { reason } }]);
  must(JSON.stringify(seen.events) === wanted, `${reason}; the events say ${JSON.stringify(seen.events)}`);
}

behaviour(
  'provenance',
  'the model has the question and the k passages, in order, and the asker hears where they are from',
  async ({ seed }) => {
    const count = between(seed, 'count', 3, 9);
    const k = between(seed, 'k', 1, 10);
    const names = Array.from({ length: count }, (_, n) =>
      pick(seed, `id ${n}`, [`p-${n}`, `${n}`, `a#b#${n}`, `x.md#1-2-${n}`]),
    );
    const entries = tiny(
      seed,
      names.map((id, n) => [id, [10, n, 0]] as const),
    );
    const question = pick(seed, 'question', ['Why $& so?', 'Which {{port}}?', 'What is "$1" <b>for</b>?']);
    const { rag, prompts, events } = desk({ [question]: [1, 0, 0] }, { k });
    await add(rag, shuffled(seed, 'order', entries));
    const answer = await rag.answer(question);
    const [prompt = ''] = prompts;
    must(answer.answered && prompts.length === 1, `the model was asked ${prompts.length} times for one question`);
    must(answer.text === 'answer 1', `the model said "answer 1", and the asker heard ${JSON.stringify(answer.text)}`);
    must(prompt.includes(question), `the question isn't in the prompt as it was asked: ${question}`);
    const wanted = entries.slice(0, k).map((one) => one.passage);
    const places = wanted.map(({ text }) => prompt.indexOf(text));
    must(
      !places.includes(-1),
      () => `${wanted[places.indexOf(-1)]?.id} is among the ${k} nearest and isn't in the prompt`,
    );
    must(
      places.every((place, n) => place > (places[n - 1] ?? -1)),
      'the passages stand in the prompt in another order than best first',
    );
    const more = entries.slice(k).find((one) => inPrompt(prompt, one.passage));
    must(!more, () => `${more?.passage.id} is in the prompt and isn't among the ${k} nearest`);
    const from = ({ id, page, start, end }: Pick<Passage, 'id' | 'page' | 'start' | 'end'>) =>
      `${id} (${page}, ${start}–${end})`;
    must(
      `${answer.passages.map(from)}` === `${wanted.map(from)}`,
      () =>
        `the model had ${wanted.map(from).join(', ')}; the answer names ${answer.passages.map(from).join(', ') || 'none'}`,
    );
    must(events.length === 0, 'a question was answered, and an event says that it was not');
  },
);

behaviour(
  'replaces',
  'a passage that comes again is there once, with the vector, text and place that it has now',
  async ({ seed }) => {
    const { rag, prompts } = desk({ q: [1, 0, 0] }, { k: 5 });
    const before = tiny(seed, { a: [1, 0, 0], b: [5, 1, 0], c: [1, 1, 0] });
    await add(rag, before);
    await rag.answer('q');
    const now = { ...passage(seed + 1, 'a', 'What a says today.'), page: 'moved.md' };
    await add(rag, [{ model: MODEL, vector: [0, 1, 0], passage: now }]);
    const ids = await idsOf(rag, 'q', 9);
    must(`${ids}` === 'b,c,a', `a came again and is the farthest now; found were ${ids}`);
    const answer = await rag.answer('q');
    const prompt = prompts.at(-1) ?? '';
    const old = before[0]?.passage as Passage;
    must(
      inPrompt(prompt, now) && !inPrompt(prompt, old),
      'a came again with another text, and the model was given the former one',
    );
    const last = answer.answered ? answer.passages.at(-1) : undefined;
    must(
      last?.page === now.page && last.start === now.start && last.end === now.end,
      () => `a stands in moved.md now, at ${now.start}; the answer says ${last?.page}, ${last?.start}`,
    );
  },
);

behaviour(
  'among',
  'where only some may be found, these are ranked, and not cut from the k nearest of all',
  async ({ seed }) => {
    const vectors = Object.fromEntries(
      Array.from({ length: 30 }, (_, n) => [`p-${String(n).padStart(2, '0')}`, [30, n, 0]]),
    );
    const { rag } = desk({ q: [1, 0, 0] });
    await add(rag, shuffled(seed, 'order', tiny(seed, vectors)));
    const allowed = Object.keys(vectors).filter((id) => roll(seed, `among ${id}`) < 0.4);
    const k = between(seed, 'k', 1, 6);
    const found = await idsOf(rag, 'q', k, new Set([...allowed, 'p-99']));
    must(
      `${found}` === `${allowed.slice(0, k)}`,
      `${allowed.length} of 30 passages may be found, ${k} are asked for; found were ${found}`,
    );
    const none = await idsOf(rag, 'q', k, new Set());
    must(none.length === 0, `no passage may be found, and ${none.length} were`);
  },
);

behaviour(
  'side-by-side',
  'questions that are asked at once keep apart, and a failure is only its own',
  async ({ seed, clock }) => {
    const names = ['a', 'b', 'c', 'd'] as const;
    const axis = (n: number) => names.map((_, d) => Number(d === n));
    const waits = shuffled(seed, 'waits', [10, 20, 30, 40]);
    const rag = createNaiveRag(
      {
        embed: async (text) => {
          const n = names.findIndex((name) => text.endsWith(name));
          await new Promise((resolve) => setTimeout(resolve, waits[n]));
          if (text.startsWith('no vector')) throw new Error('the embedder is down');
          return { model: MODEL, vector: axis(n) };
        },
        generate: async (prompt) => {
          const name = names.find((one) => prompt.includes(`About ${one}`));
          await new Promise((resolve) => setTimeout(resolve, 50 - (waits[names.indexOf(name ?? 'a')] ?? 0)));
          if (name === 'd') throw new Error('the model is down');
          return `from ${names.filter((one) => prompt.includes(`What ${one} says`))}`;
        },
        emit: () => {},
      },
      { model: MODEL, dimensions: 4, k: 1 },
    );
    await add(
      rag,
      names.map((id, n) => ({ model: MODEL, vector: axis(n), passage: passage(seed, id) })),
    );
    const questions = shuffled(seed, 'questions', ['About a', 'About b', 'About c', 'About d', 'no vector for a']);
    const outcomes = Promise.allSettled(questions.map(async (question) => rag.answer(question)));
    await clock.advance(1_000);
    for (const [n, outcome] of (await outcomes).entries()) {
      const [question, name] = [questions[n] as string, questions[n]?.at(-1)];
      const got =
        outcome.status === 'rejected' ? outcome.reason?.message : outcome.value.answered && outcome.value.text;
      const wanted = question.startsWith('no')
        ? 'the embedder is down'
        : name === 'd'
          ? 'the model is down'
          : `from ${name}`;
      must(
        got === wanted,
        `five questions at once: "${question}" should have come to "${wanted}" and came to "${got}"`,
      );
      const from = outcome.status === 'fulfilled' && outcome.value.answered ? outcome.value.passages[0]?.id : name;
      must(from === name, `five questions at once: "${question}" names passage ${from}`);
    }
  },
);

/** A ticket of which the model knows no part: neither the letters nor the number. */
function unknownTicket(seed: number, n = 0): string {
  const letters = [1, 2, 3].map((place) => pick(seed, `letter ${n} ${place}`, ['Q', 'X', 'Z', 'J'])).join('');
  const ticket = `${letters}-${between(seed, `ticket ${n}`, 4_000, 9_999)}`;
  return embed(ticket).some(Boolean) ? unknownTicket(seed, n + 1) : ticket;
}

tradeOff(
  'a question that is one identifier has no nearest passage: nothing is found, though it stands in a page',
  async ({ seed }) => {
    const tenant = pick(seed, 'tenant', ['northwind', 'kestrelby', 'brackwater']);
    const ticket = unknownTicket(seed);
    const library = sampleOf(seed, libraryOf(tenant), [], 60);
    const known = { ...passage(seed, 'tickets', `Known issues: ${ticket}, the logger of the gateway. Restart it.`) };
    const entries = [...library, known].map((one) => ({ model: MODEL, vector: embed(one.text), passage: one }));
    const questions = { [ticket]: embed(ticket), [`the logger, ${ticket}`]: embed(`the logger, ${ticket}`) };
    const { rag, prompts, events } = desk(questions, { dimensions: 128, k: 5 });
    await add(rag, entries);
    const found = await rag.search(ticket, 5);
    must(
      found.length === 0,
      () =>
        `the model knows nothing of "${ticket}", so no passage is nearer than another; ${found.length} were found, first ${found[0]?.id}`,
    );
    mustAbstain(await rag.answer(ticket), 'nothing found', { prompts, events });
    const more = await rag.answer(`the logger, ${ticket}`);
    must(more.answered, `"the logger, ${ticket}" has words that the model knows, and got no answer`);
  },
);
