import { setTimeout as sleep } from 'node:timers/promises';
import type { IndexPorts } from '#answerdesk/knowledge/retrieval.ts';
import { textToEmbed } from '#answerdesk/knowledge/retrieval.ts';
import { knowledgeSettings as settings } from '#answerdesk/knowledge/settings.ts';
import type { Passage } from '#answerdesk/knowledge.ts';
import { between, roll } from '#kit/seeded.ts';
import { BEGINS } from './day.ts';
import { DIMENSIONS, EMBEDDING_MODEL, embed, wordsOf } from './embedding.ts';
import { lateInteraction } from './late-interaction.ts';
import { countTokens } from './library.ts';
import { type Ask, asks, judgedOn } from './questions.ts';

const MINUTE = 60_000;
/** What the careful scorer takes for a text, and how much of one it reads, in UTF-16 units. */
const RATE_MS = 2;
const RATE_READS = 1_200;

/** What the scorer's day is like. Nothing takes time while it is `timeless`: that is for measuring. */
export interface Weather {
  seed: number;
  timeless: boolean;
  /** Passages that the careful scorer was asked for last. */
  rated: number;
}

/** For twenty minutes of the day the careful scorer hangs. */
export const outage = (seed: number) => {
  const from = between(seed, 'scorer hangs', 90, 180) * MINUTE;
  return { from, to: from + 20 * MINUTE };
};

/** The services behind retrieval: vectors, some of them still of the model before, and two scorers. */
export function retrievalServices(weather: Weather): IndexPorts {
  const { score } = lateInteraction();
  const vectors = new Map<string, Float32Array>();
  const vectorOf = (passage: Passage) => {
    const known = vectors.get(passage.id) ?? embed(textToEmbed(passage));
    vectors.set(passage.id, known);
    return known;
  };
  /** As a store has them: of any length, which says how long the text is and nothing else. */
  const stored = (passage: Passage) => {
    const vector = vectorOf(passage);
    const length = 1 + Math.log2(1 + passage.text.length);
    return isOld(passage.id)
      ? { model: OLD_MODEL, vector: Array.from(vector.subarray(0, DIMENSIONS / 2), (x) => 4 * x * length).reverse() }
      : { model: EMBEDDING_MODEL, vector: Array.from(vector, (x) => x * length) };
  };
  const hangs = () => {
    const at = Date.now() - BEGINS;
    const { from, to } = outage(weather.seed);
    return !weather.timeless && at >= from && at < to;
  };

  return {
    model: { model: EMBEDDING_MODEL, dimensions: DIMENSIONS },
    countTokens,
    embed: async (text) => ({ model: EMBEDDING_MODEL, vector: Array.from(embed(text)) }),
    stored,
    judged: (passages) => sample().map((ask) => judgedOn(passages, ask, visibleTo(passages, ask.tenant.tenant))),
    skim: async (question, ids, passage) => skimmed(question, ids, passage),
    rate: async (question, texts, signal) => {
      if (texts.length > settings.reRanking.batch) throw Object.assign(new Error('too many texts'), { status: 413 });
      if (hangs()) await sleep(60_000, undefined, { signal });
      if (!weather.timeless) await sleep(RATE_MS * texts.length, undefined, { signal });
      return texts.map((text) => score(question, text.slice(0, RATE_READS)));
    },
    rates: (candidates) => {
      weather.rated = candidates;
    },
    similarity: (a, b) => cosine(vectorOf(a), vectorOf(b)),
    emit: () => {},
  };
}

const OLD_MODEL = 'use-lite-words-64';
/** One in seventeen was never embedded anew. */
const isOld = (id: string) => between(17, id, 1, 17) === 1;

const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, d) => sum + x * (b[d] as number), 0);

/** Each question that has an answer once, by one of its askers. */
export function once(seed: number, all: readonly Ask[]): Ask[] {
  const chosen = new Map<string, { ask: Ask; luck: number }>();
  for (const ask of all) {
    const luck = roll(seed, ask.id);
    if (ask.claims.length > 0 && luck > (chosen.get(ask.question)?.luck ?? -1)) chosen.set(ask.question, { ask, luck });
  }
  return [...chosen.values()].map(({ ask }) => ask);
}

const OF_EACH_CLASS = 8;
/** Visible questions to tune and to judge releases by: a few of each class, for each costs a search. */
export const sample = (): Ask[] => {
  const all = once(5, asks('visible'));
  return all.filter((ask, n) => all.slice(0, n).filter((other) => other.class === ask.class).length < OF_EACH_CLASS);
};

const visible = new Map<string, ReadonlySet<string>>();
function visibleTo(passages: readonly Passage[], tenant: string): ReadonlySet<string> {
  const key = `${tenant} ${passages.length}`;
  const known = visible.get(key) ?? new Set(passages.filter(({ page }) => mayBeOf(page, tenant)).map(({ id }) => id));
  visible.set(key, known);
  return known;
}
const mayBeOf = (page: string, tenant: string) => page.startsWith(`${tenant}/`) || page.startsWith('fastify-');

const terms = new Map<string, ReadonlySet<string>>();
/** The cheap second look: which share of the question's words stands in the passage, the first in line a little ahead. */
function skimmed(question: string, ids: readonly string[], passage: (id: string) => Passage): number[] {
  const asked = [...new Set(wordsOf(question))];
  return ids.map((id, rank) => {
    const words = terms.get(id) ?? new Set(wordsOf(textToEmbed(passage(id))));
    terms.set(id, words);
    return asked.filter((word) => word.length > 3 && words.has(word)).length / asked.length - rank / 1_000;
  });
}
