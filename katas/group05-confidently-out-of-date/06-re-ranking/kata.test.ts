import type { Hit } from '#answerdesk/knowledge.ts';
import type {
  CreateReRanker,
  ReRankingEvent,
  ReRankingPorts,
  ReRankingSettings,
} from '#answerdesk/seams/re-ranking.ts';
import { readRecording } from '#kit/events.ts';
import { between, pick, shuffled } from '#kit/seeded.ts';
import { behaviour, incident, must, type Run, tradeOff } from '#kit/suite.ts';
import { BEGINS, RECORDED_SEED } from '../incident/day.ts';
import { ndcg } from '../incident/hybrid-retrieval.ts';
import { asHits, day, inProduction, K, opinion, playDay, type Ranked, recordedDay } from '../incident/re-ranking.ts';
import { breach, type World, worldOf } from '../incident/re-ranking-world.ts';
import * as kata from './kata.ts';

const createReRanker: CreateReRanker = kata.createReRanker;
const LATE_MS = 20;

const settingsOf = (seed: number, over: Partial<ReRankingSettings> = {}): ReRankingSettings => ({
  batch: between(seed, 'batch', 5, 12),
  withinMs: between(seed, 'within', 200, 900),
  lambda: 1,
  freshWithin: 0,
  ...over,
});

/** One question to an answer in a world of the suite's; time passes while it is answered. */
async function reRank(
  world: World,
  settings: ReRankingSettings,
  { clock }: Run,
  candidates: readonly Hit[] = world.candidates,
  k = candidates.length,
) {
  const events: ReRankingEvent[] = [];
  const ports: ReRankingPorts = { ...world.ports, emit: (event) => events.push(structuredClone(event)) };
  const before = Date.now();
  let tookMs: number | undefined;
  let failure: unknown;
  const given = structuredClone(candidates);
  const asked = createReRanker(ports, { ...settings })('Why is it slow?', given, k)
    .then((answer) =>
      structuredClone({ hits: answer.hits.map(({ id, score }) => ({ id, score })), fellBack: answer.fellBack }),
    )
    .catch((error: unknown) => {
      failure = error;
      return undefined;
    })
    .finally(() => {
      tookMs = Date.now() - before;
    });
  await clock.advance(settings.withinMs + 5_000);
  must(tookMs !== undefined, `5.0 s after the time was out (${settings.withinMs} ms) a question still had no passages`);
  const answer = await asked;
  must(answer !== undefined, () => `a question got no passages at all, but ${failure}`);
  const ids = answer.hits.map(({ id }) => id);
  const strangers = ids.filter((id) => candidates.every((one) => one.id !== id));
  must(strangers.length === 0, `${strangers[0]} came back and was no candidate`);
  must(new Set(ids).size === ids.length, `${ids.length} passages came back, ${new Set(ids).size} different ones`);
  const due = Math.min(k, candidates.length);
  must(
    ids.length === due,
    `${ids.length} passages came back; there were ${candidates.length}, and ${k} were asked for`,
  );
  return { ids, fellBack: answer.fellBack, tookMs, events, calls: world.calls };
}
type Answered = Awaited<ReturnType<typeof reRank>>;

function mustStandByWorth(answered: Answered, world: World, settings: ReRankingSettings, what = ''): void {
  must(!answered.fellBack, `each candidate was scored in time, and the answer says that it fell back${what}`);
  const wrong = breach(answered.ids, world, settings);
  must(wrong === undefined, () => `${wrong}${what}`);
}
const idsOf = (hits: readonly Hit[]) => hits.map(({ id }) => id);
const mean = (all: readonly number[]) => all.reduce((sum, one) => sum + one, 0) / all.length;
const shown = (share: number) => share.toFixed(3);

/** Better ones stand before worse ones by the scorer's opinion. */
const inItsOrder = ({ question, answer: { hits } }: Ranked) =>
  hits.every(({ id }, n) => n === 0 || opinion(question.text, id) <= opinion(question.text, hits[n - 1]?.id ?? id));
const asTheyCame = ({ candidates, answer: { hits } }: Ranked) => idsOf(hits).join() === candidates.slice(0, K).join();

incident(
  'what the scorer said of the candidates decides their order, and nobody waits for it longer than was allowed',
  {
    recorded: () => recordedDay(readRecording(new URL('./incident.jsonl', import.meta.url), BEGINS)),
    fresh: day,
    recordedSeed: RECORDED_SEED,
  },
  async (scene, run) => {
    const ranked = await playDay(await scene, run, createReRanker);
    const all = (await scene).questions.length;
    must(ranked.length === all, `${all - ranked.length} of ${all} questions never got their passages`);
    const slow = ranked.filter(({ tookMs }) => tookMs > inProduction.withinMs + LATE_MS);
    must(
      slow.length === 0,
      () =>
        `${slow.length} of ${all} questions waited up to ${Math.max(...slow.map(({ tookMs }) => tookMs)) / 1_000} s for an order; ${inProduction.withinMs} ms are allowed`,
      slow[0]?.event,
    );
    const well = ranked.filter(({ ill }) => !ill);
    const refused = well.filter((one) => one.refused > 0);
    const before = mean(well.map(({ candidates, question }) => ndcg(asHits(candidates), question)));
    const after = mean(well.map(({ answer, question }) => ndcg(answer.hits, question)));
    const wrong = well.filter((one) => !inItsOrder(one) || one.answer.hits.length < K);
    must(
      wrong.length === 0,
      () =>
        `${wrong.length} of ${well.length} questions got their passages in another order than the scorer's, which was well; ${wrong.filter(asTheyCame).length} in the first search's, ${refused.length} had a call refused (nDCG@10 ${shown(before)} → ${shown(after)})`,
      wrong[0]?.event,
    );
    const missed = well.filter(({ question, candidates, answer }) => {
      const order = [...candidates].sort((a, b) => opinion(question.text, b) - opinion(question.text, a));
      return opinion(question.text, answer.hits[0]?.id ?? '') < opinion(question.text, order[0] ?? '');
    });
    must(
      missed.length === 0,
      `${missed.length} of ${well.length} questions didn't get the passage that the scorer put first`,
      missed[0]?.event,
    );
    const silent = ranked.filter((one) => one.ill && !one.answer.fellBack);
    must(
      silent.length === 0,
      `${silent.length} questions got the order from before, or a part of it, and nothing says so`,
      silent[0]?.event,
    );
  },
  { startAt: BEGINS },
);

behaviour('candidates', 'all candidates are scored, and nothing else', async (run) => {
  const world = worldOf(run.seed, between(run.seed, 'candidates', 20, 45));
  const settings = settingsOf(run.seed);
  const few = await reRank(world, settings, run, world.candidates, between(run.seed, 'k', 3, 10));
  const unscored = world.candidates.filter(
    ({ id }) => !world.calls.some(({ texts }) => texts.includes(world.textOf(id))),
  );
  must(unscored.length === 0, `${unscored.length} of ${world.candidates.length} candidates were never scored`);
  const texts = world.calls.flatMap((call) => call.texts);
  const paid = texts.length - world.candidates.length;
  must(paid === 0, `${texts.length} texts were scored of ${world.candidates.length} candidates: each is paid for`);
  mustStandByWorth(few, world, settings);
  const none = worldOf(run.seed, 0);
  const empty = await reRank(none, settings, run, [], 5);
  must(none.calls.length === 0, 'no candidates, and the provider was asked all the same');
  must(!empty.fellBack && empty.events.length === 0, 'no candidates, and the answer says that some went unscored');
  const one = worldOf(run.seed, 1);
  mustStandByWorth(await reRank(one, settings, run, one.candidates, 5), one, settings);
});

behaviour('best-first', 'the best stands first', async (run) => {
  const settings = settingsOf(run.seed, { batch: between(run.seed, 'batch', 12, 20) });
  const world = worldOf(run.seed, 12, { grades: 1_000_000 });
  const answered = await reRank(world, settings, run);
  mustStandByWorth(answered, world, settings);
  must(answered.events.length === 0, 'each candidate was scored, and it was announced that some were not');
});

behaviour('equals', 'equals stand by id, whichever call they were in', async (run) => {
  for (const grades of [4, 1]) {
    const world = worldOf(run.seed, 30, { grades });
    const settings = settingsOf(run.seed);
    mustStandByWorth(await reRank(world, settings, run), world, settings);
  }
});

behaviour('any-order-in', 'the same candidates in another order come out in the same one', async (run) => {
  const settings = settingsOf(run.seed, { lambda: pick(run.seed, 'lambda', [1, 0.6]) });
  const world = worldOf(run.seed, 26, { grades: 5 });
  const first = await reRank(world, settings, run);
  for (const turn of ['a', 'b']) {
    const again = await reRank(world, settings, run, shuffled(run.seed, turn, world.candidates));
    const at = first.ids.findIndex((id, n) => again.ids[n] !== id);
    must(at < 0, () => `the same 26 candidates came in another order, and at place ${at + 1} stands another one`);
  }
});

behaviour('scale', "the order doesn't hang on the provider's scale", async (run) => {
  const settings = settingsOf(run.seed, { lambda: 0.7 });
  let plain: string[] | undefined;
  for (const unit of [1, 0.01, 25]) {
    const world = worldOf(run.seed, 24, { unit });
    const answered = await reRank(world, settings, run);
    mustStandByWorth(answered, world, settings);
    plain ??= answered.ids;
    must(plain.join() === answered.ids.join(), 'the provider counts in other units, and the order is another one');
  }
});

behaviour('batches', 'no call has more texts than the provider takes', async (run) => {
  const batch = between(run.seed, 'batch', 3, 12);
  for (const more of [-1, 0, 1, 2 * batch, 2 * batch + 1]) {
    const world = worldOf(run.seed, batch + more);
    const settings = settingsOf(run.seed, { batch });
    const answered = await reRank(world, settings, run);
    const most = Math.max(...world.calls.map(({ texts }) => texts.length));
    must(most <= batch, `${most} texts in one call; the provider takes ${batch}`);
    must(
      world.calls.length <= Math.ceil((batch + more) / batch),
      `${world.calls.length} calls for ${batch + more} texts, of which ${batch} fit in one`,
    );
    mustStandByWorth(answered, world, settings);
  }
});

behaviour('failed-part', 'a part that fails costs no candidate its place in the list, and is said', async (run) => {
  const { seed } = run;
  for (const how of ['fails', 'short', 'long', 'none', 'hangs'] as const) {
    const settings = settingsOf(seed);
    const world = worldOf(seed, 5 * settings.batch, {
      ill: { how, one: between(seed, `ill ${how}`, 0, 5 * settings.batch - 1) },
    });
    const answered = await reRank(world, settings, run);
    const count = mustBeHonest(answered, how);
    must(
      count >= 1 && count <= world.candidates.length,
      `one part of the candidates had no scores (${how}), and ${count} of ${world.candidates.length} are said to have none`,
    );
    const lost = new Set(world.unscored());
    must(
      how === 'hangs' || lost.size <= settings.batch,
      `one part of ${settings.batch} failed (${how}), and ${lost.size} candidates went without a score`,
    );
    const [with_, without] = [answered.ids.filter((id) => !lost.has(id)), answered.ids.filter((id) => lost.has(id))];
    must(
      inOrder(without, idsOf(world.candidates)),
      `candidates without a score (${how}) don't stand in the order in which they came`,
    );
    const known = breach(with_, world, settings) === undefined;
    must(
      known || answered.ids.join() === idsOf(world.candidates).join(),
      `one part had no scores (${how}); the others stand neither by theirs nor as they came`,
    );
  }
});

behaviour('all-fails', 'where nothing was scored the order is the one that was there before', async (run) => {
  const { seed } = run;
  const k = between(seed, 'k', 5, 20);
  for (const how of ['fails', 'short', 'hangs', 'throws'] as const) {
    const world = worldOf(seed, 30, { ill: { how } });
    const settings = settingsOf(seed);
    const answered = await reRank(world, settings, run, world.candidates, k);
    const count = mustBeHonest(answered, how);
    must(count === 30, `none of 30 candidates had a score (${how}); it was announced of ${count}`);
    const at = answered.ids.findIndex((id, n) => world.candidates[n]?.id !== id);
    must(at < 0, () => `nothing was scored (${how}), and at place ${at + 1} stands another one than before`);
  }
});

behaviour(
  'time',
  'all calls together get the time that is allowed, and the provider hears when it is out',
  async (run) => {
    const { seed } = run;
    const settings = settingsOf(seed);
    // Each call is in time by itself.
    const slowly = worldOf(seed, 5 * settings.batch, { callMs: settings.withinMs * 0.7 });
    const slow = await reRank(slowly, settings, run);
    must(
      slow.tookMs <= settings.withinMs + LATE_MS,
      `five parts, each in time by itself, took ${slow.tookMs} ms; ${settings.withinMs} are allowed for all`,
    );
    for (const how of ['hangs', 'deaf'] as const) {
      const world = worldOf(seed, 3 * settings.batch, { ill: { how } });
      const answered = await reRank(world, settings, run);
      must(
        answered.tookMs <= settings.withinMs + LATE_MS,
        `the provider hung, and an order took ${answered.tookMs} ms; ${settings.withinMs} are allowed`,
      );
      must(
        answered.tookMs >= settings.withinMs - LATE_MS,
        `the provider was given up after ${answered.tookMs} ms; it has ${settings.withinMs}`,
      );
      const unheard = world.calls.filter(({ signal, endedAt }) => endedAt === undefined && !signal.aborted).length;
      must(unheard === 0, `${unheard} calls were given up after ${settings.withinMs} ms, and the provider wasn't told`);
      const later = world.calls.filter(({ afterMs }) => afterMs > settings.withinMs).length;
      must(later === 0, `${later} calls were made when the time was out`);
    }
    // Nothing is in time by more than a little.
    const just = worldOf(seed, settings.batch, { callMs: settings.withinMs - 40 });
    mustStandByWorth(
      await reRank(just, settings, run),
      just,
      settings,
      ` (the scores took ${settings.withinMs - 40} ms)`,
    );
  },
);

behaviour('near-duplicates', 'what says the same as one before it is worth less', async (run) => {
  const { seed } = run;
  for (const lambda of [0.5, between(seed, 'lambda', 20, 90) / 100]) {
    const world = worldOf(seed, 24, { copies: between(seed, 'copies', 2, 5) });
    const settings = settingsOf(seed, { lambda });
    mustStandByWorth(await reRank(world, settings, run), world, settings, `, with λ ${lambda}`);
    const k = between(seed, 'k', 4, 8);
    mustStandByWorth(await reRank(world, settings, run, world.candidates, k), world, settings, `, with λ ${lambda}`);
  }
});

behaviour('two-at-once', 'two questions at once get their own orders', async (run) => {
  const { seed } = run;
  const [a, b] = [worldOf(seed, 20), worldOf(seed + 1_000, 20)];
  const settings = settingsOf(seed);
  const at = new Map([
    ...a.candidates.map((hit) => [hit.id, a] as const),
    ...b.candidates.map((hit) => [hit.id, b] as const),
  ]);
  const byText = new Map(
    [a, b].flatMap((world) => world.candidates.map(({ id }) => [world.textOf(id), world] as const)),
  );
  const ports: ReRankingPorts = {
    ...a.ports,
    textOf: (id) => at.get(id)?.textOf(id) ?? '',
    score: (question, texts, signal) => (byText.get(texts[0] ?? '') ?? a).ports.score(question, texts, signal),
    validFrom: () => undefined,
    emit: () => {},
  };
  const one = createReRanker(ports, { ...settings });
  const both = Promise.all([a, b].map(({ candidates }, n) => one(`question ${n}`, structuredClone(candidates), 20)));
  await run.clock.advance(settings.withinMs + 1_000);
  const answers = await both;
  for (const [n, world] of [a, b].entries()) {
    const wrong = breach(idsOf(answers[n]?.hits ?? []), world, settings);
    must(wrong === undefined, () => `of two questions at once: ${wrong}`);
  }
});

tradeOff('of those that are nearly as good the newest stands first; what is merely newer does not', async (run) => {
  const { seed } = run;
  const freshWithin = between(seed, 'fresh', 5, 20) / 100;
  for (const lambda of [1, 0.8]) {
    const settings = settingsOf(seed, { freshWithin, lambda });
    // Each is a little worse than the one before it and a year newer: step by step the worst would come first.
    const stairs = worldOf(seed, 14, { stairs: freshWithin * 0.6 });
    mustStandByWorth(await reRank(stairs, settings, run), stairs, settings);
    const world = worldOf(seed, 30, { dated: 0.7 });
    mustStandByWorth(await reRank(world, settings, run), world, settings);
  }
  const ageless = worldOf(seed, 20, { grades: 4, dated: 0.7 });
  const settings = settingsOf(seed);
  mustStandByWorth(await reRank(ageless, settings, run), ageless, settings, ' (and age was not to count)');
});

/** Says how many it says went without a score. */
function mustBeHonest({ fellBack, events }: Answered, how: string): number {
  must(fellBack, `candidates had no score (${how}), and the answer doesn't say that it fell back`);
  const said = events.filter(({ type }) => type === 'CandidatesNotScored');
  must(said.length === 1, `candidates had no score (${how}), which was announced ${said.length} times`);
  return said[0]?.data.count ?? 0;
}
const inOrder = (some: readonly string[], all: readonly string[]) =>
  all.filter((id) => some.includes(id)).join() === some.join();
