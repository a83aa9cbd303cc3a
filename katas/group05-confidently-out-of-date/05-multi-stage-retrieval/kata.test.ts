import type { Hit } from '#answerdesk/knowledge.ts';
import type {
  CreateMultiStage,
  MultiStageEvent,
  MultiStageSettings,
  Staged,
  StageReport,
} from '#answerdesk/seams/multi-stage.ts';
import { readRecording } from '#kit/events.ts';
import { between, pick } from '#kit/seeded.ts';
import { behaviour, incident, must, type Run, tradeOff } from '#kit/suite.ts';
import { BEGINS, RECORDED_SEED } from '../incident/day.ts';
import { type Desk, deskOf, type How, judgedOver, orderBy, type StageSettings } from '../incident/multi-stage-desk.ts';
import { day, expected, playDay, READ, recordedDay, SKIM } from '../incident/multi-stage-retrieval.ts';
import * as kata from './kata.ts';

const createMultiStage: CreateMultiStage = kata.createMultiStage;
const LATE_MS = 20;
const QUESTION = 'Why is it slow?';

const wideOf = (seed: number) => between(seed, 'wide', 50, 90);
const settingsOf = (seed: number, over: Partial<MultiStageSettings> = {}): MultiStageSettings => ({
  wide: wideOf(seed),
  fewAreEnough: 0,
  ...over,
});
/** Three stages, each narrower than the one before, over more passages than the first search brings. */
function stagesOf(seed: number, over: Record<string, Partial<StageSettings>> = {}): StageSettings[] {
  const takes = [between(seed, 'takes a', 36, 48), between(seed, 'takes b', 20, 26), between(seed, 'takes c', 11, 15)];
  return ['skim', 'look', 'read'].map((name, n) => ({
    name,
    takes: takes[n] as number,
    keeps: [27, 16, 10][n] as number,
    withinMs: between(seed, `within ${name}`, 150, 500),
    ...over[name],
  }));
}
const idsOf = (hits: readonly Hit[]) => hits.map(({ id }) => id);
const same = (a: readonly string[], b: readonly string[]) => a.join() === b.join();

/** One question; time passes while it is answered. */
async function search(desk: Desk, settings: MultiStageSettings, { clock }: Run, k = 10, among?: ReadonlySet<string>) {
  const events: MultiStageEvent[] = [];
  const ports = {
    first: desk.first,
    stages: desk.stages,
    emit: (event: MultiStageEvent) => events.push(structuredClone(event)),
  };
  const before = Date.now();
  let tookMs: number | undefined;
  let failure: unknown;
  const asked = createMultiStage(ports, { ...settings })
    .search(QUESTION, k, among)
    .then((staged): Staged => JSON.parse(JSON.stringify(staged)) as Staged)
    .catch((error: unknown) => {
      failure = error;
      return undefined;
    })
    .finally(() => {
      tookMs = Date.now() - before;
    });
  await clock.advance(10_000);
  must(tookMs !== undefined, '10 s after it was asked a question still had no passages');
  const staged = await asked;
  must(staged !== undefined, () => `a question got no passages at all, but ${failure}`);
  must(staged.hits.length <= k, `${staged.hits.length} passages came back; ${k} were asked for`);
  const { calls } = desk;
  const calledOf = (name: string) => calls.filter(({ stage }) => stage === name);
  return { ids: idsOf(staged.hits), reports: staged.stages, tookMs, events, calledOf };
}
type Answered = Awaited<ReturnType<typeof search>>;

/** Each stage that was asked was asked once, for the best of what went on from the one before. */
function mustNarrow(
  answered: Answered,
  seed: number,
  desk: Desk,
  wide: number,
  stages: readonly StageSettings[],
  ill: readonly string[] = [],
) {
  let order: readonly string[] = desk.ids.slice(0, wide);
  for (const stage of stages) {
    const { name, takes } = stage;
    const calls = answered.calledOf(name);
    must(calls.length === 1, `${name} was asked ${calls.length} times for one question`);
    const given = calls[0]?.ids ?? [];
    must(given.length <= takes, `${name} was given ${given.length} candidates; it takes ${takes}`);
    const due = order.slice(0, takes);
    const missing = due.filter((id) => !given.includes(id)).length;
    must(
      missing === 0 && given.length === due.length,
      `${name} was given ${given.length} candidates, and ${missing} of the best ${due.length} that went on to it are not among them`,
    );
    if (!ill.includes(name)) order = orderBy(seed, stage, order);
  }
  return order;
}
const reported = (reports: readonly StageReport[], name: string) => reports.find((report) => report.name === name);

incident(
  "what a question costs is bounded, and its best passages come in time, whatever isn't well",
  {
    recorded: () => recordedDay(readRecording(new URL('./incident.jsonl', import.meta.url), BEGINS)),
    fresh: day,
    recordedSeed: RECORDED_SEED,
  },
  async (scene, run) => {
    const answered = await playDay(scene, run, createMultiStage);
    const all = scene.questions.length;
    must(answered.length === all, `${all - answered.length} of ${all} questions were never answered nor refused`);
    const none = answered.filter(({ answer }) => !answer);
    const [worst] = [...answered].sort((a, b) => b.tookMs - a.tookMs);
    const most = Math.max(...answered.map(({ scored }) => scored));
    const allowed = SKIM.withinMs + READ.withinMs + LATE_MS;
    const slow = answered.filter(({ tookMs }) => tookMs > allowed);
    must(
      slow.length === 0,
      () =>
        `${slow.length} of ${all} questions waited up to ${seconds(worst?.tookMs)} for their passages, of which the dear scorer read up to ${most}; the stages together have ${seconds(allowed - LATE_MS)}. ${none.length} got none at all`,
      slow[0]?.event,
    );
    must(none.length === 0, `${none.length} of ${all} questions got no passages`, none[0]?.event);
    const dear = answered.filter(({ scored }) => scored > READ.takes);
    must(
      dear.length === 0,
      `for ${dear.length} of ${all} questions the dear scorer read up to ${most} passages; it is paid for ${READ.takes}`,
      dear[0]?.event,
    );
    for (const { question, answer, ill, event } of answered) {
      const due = await expected(question, ill);
      const got = idsOf(answer?.hits ?? []);
      must(
        same(got, due),
        () =>
          `${ill ? `while ${ill.stage} was ill (${ill.how}) ` : ''}${due.filter((id) => !got.includes(id)).length} of the ${due.length} passages that were due didn't come, and the others ${
            same(
              got,
              due.filter((id) => got.includes(id)),
            )
              ? 'did'
              : 'came in another order'
          }`,
        event,
      );
      const failed = reported(answer?.stages ?? [], ill?.stage ?? '');
      const said = failed?.outcome === 'failed' || failed?.outcome === 'too late';
      must(!ill || said, `${ill?.stage} was ill (${ill?.how}), and the report says "${failed?.outcome}"`, event);
    }
  },
  { startAt: BEGINS },
);

behaviour('one-stage', 'with one stage that takes them all, its order is the order', async (run) => {
  const stage = { name: 'read', takes: 40, keeps: 40 };
  const desk = deskOf(run.seed, between(run.seed, 'few', 12, 40), [stage]);
  const { ids } = await search(desk, settingsOf(run.seed), run);
  must(
    same(ids, orderBy(run.seed, stage, desk.ids).slice(0, 10)),
    'ten passages came in another order than the only stage gave',
  );
});

behaviour('narrows', 'each stage is asked once, for the best that the one before kept', async (run) => {
  const { seed } = run;
  for (const leavesOut of [0, 9]) {
    const stages = stagesOf(seed, { look: { leavesOut } });
    const desk = deskOf(seed, 140, stages);
    const wide = wideOf(seed);
    const answered = await search(desk, settingsOf(seed), run);
    must(desk.searched.length === 1, `the first search was asked ${desk.searched.length} times for one question`);
    must(
      desk.searched[0]?.k === wide,
      `the first search was asked for ${desk.searched[0]?.k} passages; it is ${wide} wide`,
    );
    const order = mustNarrow(answered, seed, desk, wide, stages);
    must(same(answered.ids, order), "the passages don't stand as the last stage put them");
  }
});

behaviour('few-wanted', 'how many are wanted narrows no stage, and nobody sees what he may not', async (run) => {
  const { seed } = run;
  const stages = stagesOf(seed);
  const desk = deskOf(seed, 140, stages);
  const k = between(seed, 'k', 1, 4);
  const answered = await search(desk, settingsOf(seed), run, k);
  const order = mustNarrow(answered, seed, desk, wideOf(seed), stages);
  must(same(answered.ids, order.slice(0, k)), `${k} passages were wanted, and not the ${k} best came`);
  const part = deskOf(seed, 140, stages);
  const among = new Set(part.ids.filter((_, n) => n % 3 > 0));
  const { ids } = await search(part, settingsOf(seed), run, 10, among);
  const foreign = ids.filter((id) => !among.has(id)).length;
  must(foreign === 0, `${foreign} of ${ids.length} passages were not among those that may be seen`);
});

const ILL: readonly How[] = ['fails', 'throws', 'empty', 'strange'];
behaviour('failed-stage', 'where a stage fails the order before it stands, and the next one is asked', async (run) => {
  const { seed } = run;
  for (const name of ['skim', 'look', 'read'])
    for (const ill of ILL) {
      const stages = stagesOf(seed, { [name]: { ill } });
      const desk = deskOf(seed, 140, stages);
      const answered = await search(desk, settingsOf(seed), run, 8);
      const order = mustNarrow(answered, seed, desk, wideOf(seed), stages, [name]);
      must(
        same(answered.ids, order.slice(0, 8)),
        `${name} failed (${ill}), and the passages don't stand as if it hadn't been asked`,
      );
      mustSay(answered, name, 'failed', ill);
    }
});

behaviour('too-late', 'nobody waits longer for a stage than it has, and it is told', async (run) => {
  const { seed } = run;
  for (const name of ['skim', 'read'])
    for (const ill of ['hangs', 'deaf'] as const) {
      const stages = stagesOf(seed, { [name]: { ill } });
      const others = stages.filter((stage) => stage.name !== name);
      const desk = deskOf(
        seed,
        140,
        stages.map((stage) => (others.includes(stage) ? { ...stage, takesMs: 20 } : stage)),
      );
      const answered = await search(desk, settingsOf(seed), run, 8);
      const order = mustNarrow(answered, seed, desk, wideOf(seed), stages, [name]);
      const within = stages.find((stage) => stage.name === name)?.withinMs ?? 0;
      const tookMs = answered.tookMs - 20 * others.length;
      must(tookMs <= within + LATE_MS, `${name} hung, and the question waited ${tookMs} ms for it; it has ${within}`);
      must(tookMs >= within - LATE_MS, `${name} was given up after ${tookMs} ms; it has ${within}`);
      must(answered.calledOf(name)[0]?.signal.aborted === true, `${name} was given up, and wasn't told`);
      must(
        same(answered.ids, order.slice(0, 8)),
        `${name} was too late, and the passages don't stand as if it hadn't been asked`,
      );
      mustSay(answered, name, 'too late', ill);
    }
  const patient = stagesOf(seed).map((stage) => ({ ...stage, takesMs: (stage.withinMs ?? 0) - 40 }));
  const desk = deskOf(seed, 140, patient);
  const answered = await search(desk, settingsOf(seed), run);
  const order = mustNarrow(answered, seed, desk, wideOf(seed), patient);
  must(same(answered.ids, order), 'each stage was in time by 40 ms, and the last one was not heard');
  must(answered.events.length === 0, 'each stage was in time, and it was announced that one failed');
});

behaviour('clear-lead', 'where one passage leads clearly the later stages are left out', async (run) => {
  const { seed } = run;
  const clearLead = between(seed, 'lead', 12, 30) / 10;
  const [above, below] = [clearLead * 1.02, clearLead * 0.98];
  const scene = async (lead: number | undefined, over: Record<string, Partial<StageSettings>>, given?: number) => {
    const stages = stagesOf(seed, over);
    const desk = deskOf(seed, 140, stages, lead);
    const settings = settingsOf(seed, given === undefined ? {} : { clearLead: given });
    const answered = await search(desk, settings, run, 8);
    return { asked: stages.map(({ name }) => answered.calledOf(name).length).join(''), answered, desk, stages };
  };
  const cases: [string, string, number | undefined, Record<string, Partial<StageSettings>>, number | undefined][] = [
    ['the first search gave a clear lead', '000', above, {}, clearLead],
    ['the second stage gave a clear lead', '110', undefined, { look: { lead: above } }, clearLead],
    ['no lead was clear', '111', below, { skim: { lead: below }, look: { lead: below } }, clearLead],
    ['no lead is ever clear here', '111', 50, { skim: { lead: 50 } }, undefined],
    [
      'the best has a score above zero and the second has none',
      '111',
      undefined,
      { skim: { scores: [2, 0] } },
      clearLead,
    ],
    ['both scores are below zero', '111', undefined, { skim: { scores: [-4, -4 * above] } }, clearLead],
    ['the second is below zero', '111', undefined, { look: { scores: [3, -1] } }, clearLead],
  ];
  for (const [what, due, lead, over, given] of cases) {
    const { asked, answered, desk } = await scene(lead, over, given);
    must(asked === due, `${what}; of the three stages were asked: ${shown(asked)}, and not ${shown(due)}`);
    const skipped = answered.reports.filter(({ outcome }) => outcome === 'skipped').length;
    must(skipped === due.split('0').length - 1, `${what}; ${skipped} stages are reported as left out`);
    must(
      due !== '000' || same(answered.ids, desk.ids.slice(0, 8)),
      `${what}, and the passages don't stand as it found them`,
    );
  }
});

behaviour('nothing-to-order', 'where there is one passage or none, no stage is asked', async (run) => {
  for (const found of [0, 1]) {
    const stages = stagesOf(run.seed);
    const desk = deskOf(run.seed, found, stages);
    const answered = await search(desk, settingsOf(run.seed), run);
    must(
      desk.calls.length === 0,
      `${found} passages were found, and ${desk.calls.length} stages were asked for an order`,
    );
    must(answered.ids.length === found, `${found} passages were found, and ${answered.ids.length} came back`);
  }
  const desk = deskOf(run.seed, 20, stagesOf(run.seed));
  const down = new Error('the index is being built');
  const broken = createMultiStage(
    { first: () => Promise.reject(down), stages: desk.stages, emit: () => {} },
    settingsOf(run.seed),
  );
  const failure = await broken.search(QUESTION, 5).catch((error: unknown) => error);
  must(failure === down, `the first search failed (${down.message}), and the question ended with ${failure}`);
});

behaviour('reports', 'each stage is reported, in its order', async (run) => {
  const { seed } = run;
  const sick = pick(seed, 'sick', ['fails', 'hangs'] as const);
  const stages = stagesOf(seed, { skim: { ill: sick }, look: { lead: 9 } });
  const desk = deskOf(seed, 140, stages);
  const { reports } = await search(desk, settingsOf(seed, { clearLead: 3 }), run);
  const due = [
    ['first', 'done'],
    ['skim', sick === 'fails' ? 'failed' : 'too late'],
    ['look', 'done'],
    ['read', 'skipped'],
  ].map((parts) => parts.join(' '));
  const got = reports.map(({ name, outcome }) => `${name} ${outcome}`);
  must(same(got, due), `the stages were ${due.join(', ')}; reported: ${got.join(', ')}`);
  const wide = wideOf(seed);
  const takes = stages[0]?.takes ?? 0;
  const counts: [string, keyof StageReport, number][] = [
    ['first', 'kept', wide],
    ['skim', 'took', takes],
    ['look', 'took', stages[1]?.takes ?? 0],
    ['look', 'kept', 16],
    ['read', 'took', 0],
  ];
  for (const [name, which, count] of counts) {
    const said = reported(reports, name)?.[which];
    must(said === count, `${name}: ${which} is reported as ${said}; it was ${count}`);
  }
});

behaviour('recalls', 'it shows at which stage a relevant passage was lost', async (run) => {
  const { seed, clock } = run;
  const stages = stagesOf(seed);
  const desk = deskOf(seed, 140, stages);
  const judged = judgedOver(seed, desk.ids, 10);
  const multi = createMultiStage({ first: desk.first, stages: desk.stages, emit: () => {} }, settingsOf(seed));
  const asked = multi.recalls(structuredClone(judged));
  await clock.advance(60_000);
  const got = [...(await asked)];
  const names = ['first', ...stages.map(({ name }) => name)];
  must(
    same(
      got.map(({ name }) => name),
      names,
    ),
    `recall is reported of ${got.map(({ name }) => name).join(', ')}; there are ${names.join(', ')}`,
  );
  const answerable = judged.filter(({ relevant }) => Object.keys(relevant).length > 0);
  const lists = await Promise.all(
    answerable.map(async ({ text, among }) => {
      let order = idsOf(await desk.first(text, wideOf(seed), among));
      return [order, ...stages.map((stage) => (order = orderBy(seed, stage, order)))];
    }),
  );
  for (const [n, name] of names.entries()) {
    const shares = answerable.map(({ relevant }, q) => {
      const right = Object.keys(relevant);
      return right.filter((id) => lists[q]?.[n]?.includes(id)).length / right.length;
    });
    const due = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    const recall = got[n]?.recall ?? Number.NaN;
    must(
      Math.abs(recall - due) < 1e-6,
      `after ${name} a share of ${due.toFixed(3)} of the relevant passages was still there; reported: ${recall.toFixed(3)}`,
    );
  }
});

tradeOff('stages in between are left out where there is little to narrow', async (run) => {
  const { seed } = run;
  const fewAreEnough = between(seed, 'few', 20, 35);
  const roomy = { read: { takes: fewAreEnough + 5 } };
  const cases: [string, number, Record<string, Partial<StageSettings>>, string][] = [
    ['as many as are few enough', fewAreEnough, roomy, '001'],
    ['a few', between(seed, 'found', 3, fewAreEnough - 5), roomy, '001'],
    ['one more than are few enough', fewAreEnough + 1, roomy, '111'],
    ['few, and more than the last stage takes', fewAreEnough, { read: { takes: fewAreEnough - 1 } }, '111'],
  ];
  for (const [what, found, over, due] of cases) {
    const stages = stagesOf(seed, over);
    const desk = deskOf(seed, found, stages);
    const answered = await search(desk, settingsOf(seed, { fewAreEnough }), run);
    const asked = stages.map(({ name }) => answered.calledOf(name).length).join('');
    must(
      asked === due,
      `${found} passages were found, ${what} (${fewAreEnough}); of the three stages were asked: ${shown(asked)}, and not ${shown(due)}`,
    );
    const of = due === '001' ? stages.slice(2) : stages;
    const order = mustNarrow(answered, seed, desk, found, of);
    must(
      same(answered.ids, order.slice(0, 10)),
      `${found} passages were found, ${what}, and they don't stand as the stages put them`,
    );
  }
});

function mustSay({ reports, events }: Answered, name: string, outcome: StageReport['outcome'], ill: string): void {
  const said = reported(reports, name)?.outcome;
  must(said === outcome, `${name}: ${outcome} (${ill}); the report says "${said}"`);
  const failed = events.map(({ type, data }) => `${type} ${data.stage} ${data.outcome}`);
  must(
    same(failed, [`StageFailed ${name} ${outcome}`]),
    `${name}: ${outcome} (${ill}); announced: ${failed.join(', ') || 'nothing'}`,
  );
  const others = reports.filter((report) => report.name !== name && report.outcome !== 'done').length;
  must(others === 0, `only ${name} failed (${ill}), and ${others} other stages aren't reported as done`);
}
const shown = (asked: string) => ['skim', 'look', 'read'].filter((_, n) => asked[n] !== '0').join(', ') || 'none';
const seconds = (ms = 0) => `${(ms / 1_000).toFixed(1)} s`;
