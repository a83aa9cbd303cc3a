import type { CreateProjection, ProjectionPolicy, Totals } from '#answerdesk/seams/projection.ts';
import { arriveInTurn } from '#answerdesk/simulation/asking.ts';
import { type Bill, bill } from '#answerdesk/simulation/bills.ts';
import { type Call, ProjectionWorld } from '#answerdesk/simulation/projection-world.ts';
import { memoryEventLog } from '#kit/event-log/memory.ts';
import type { Recording } from '#kit/events.ts';
import { between, pick } from '#kit/seeded.ts';
import type { Run } from '#kit/suite.ts';
import { RECORDED_SEED } from './script.ts';

/** A build that reads bills wrongly, the one that puts that right, and the rebuild that puts the totals right. */
export interface WrongTotals {
  seed: number;
  bills: readonly { at: number; bill: Bill; event?: number }[];
  builds: readonly { at: number; build: number; broken: boolean }[];
  rebuildAt: number;
  rebuildEvent?: number;
  /** Times in ms since it began. */
  until: number;
}

export const POLICY: ProjectionPolicy = { batch: 5, limitMicros: 1_000_000 };
const MINUTE = 60_000;
const OVER_THE_LIMIT = ['acme', 'globex', 'initech'] as const;
const OTHERS = ['hooli', 'umbrella', 'stark', 'wayne', 'tyrell', 'cyberdyne', 'soylent', 'wonka', 'gringotts'] as const;
/** The log is far away: a page takes up to this. */
const PAGE_MS = 1_200;

export function wrongTotals(seed: number): WrongTotals {
  const rebuildAt = between(seed, 'rebuild', 235, 260) * 1000;
  const of = (name: string, at: number, tenant: string, over: object = {}) => ({
    at,
    bill: bill(seed, name, tenant, over),
  });
  const large = (tenant: string) => ({
    micros: POLICY.limitMicros + between(seed, `large ${tenant}`, 50_000, 400_000),
  });
  const yesterday = Array.from({ length: 50 }, (_, n) =>
    of(`yesterday ${n}`, 0, pick(seed, `yesterday ${n}`, [...OVER_THE_LIMIT, ...OTHERS])),
  );
  const tonight = Array.from({ length: 84 }, (_, n) =>
    of(`tonight ${n}`, between(seed, `at ${n}`, 15, 330) * 1000, pick(seed, `tonight ${n}`, OTHERS)),
  );
  const passing = [
    ...OVER_THE_LIMIT.map((tenant) => of(`large ${tenant}`, 0, tenant, large(tenant))),
    of('amid', rebuildAt + between(seed, 'amid', 4, 9) * 1000, 'umbrella', large('umbrella')),
    of('after', 320_000 + between(seed, 'after', 0, 9) * 1000, 'hooli', large('hooli')),
  ];
  return {
    seed,
    bills: [...yesterday, ...passing, ...tonight].sort((a, b) => a.at - b.at),
    builds: [
      { at: between(seed, 'broken', 55, 70) * 1000, build: 214, broken: true },
      { at: between(seed, 'mended', 175, 190) * 1000, build: 215, broken: false },
    ],
    rebuildAt,
    until: 6 * MINUTE,
  };
}

/** The same night from its recording. */
export function recordedTotals({ events, at }: Recording): WrongTotals {
  const all = (type: string) => events.filter((event) => event.type === type);
  const [asked] = all('RebuildAsked');
  return {
    seed: RECORDED_SEED,
    bills: all('BillEntered').map((event) => {
      const { tenant, tokens, micros } = event.data as Bill['data'];
      return { at: at(event), event: event.id, bill: { type: 'AnswerBilled', data: { tenant, tokens, micros } } };
    }),
    builds: all('BuildDeployed').map((event) => ({
      at: at(event),
      ...(event.data as { build: number; broken: boolean }),
    })),
    rebuildAt: asked ? at(asked) : Infinity,
    ...(asked && { rebuildEvent: asked.id }),
    until: 6 * MINUTE,
  };
}

/** Worker 1 catches up every five seconds, worker 2 is told to rebuild, and the totals are looked at every three. */
export async function playWrongTotals(scene: WrongTotals, run: Run, newProcess: () => Promise<CreateProjection>) {
  const { clock, history } = run;
  const world = new ProjectionWorld({ seed: scene.seed, now: clock.now, log: memoryEventLog(), pageMs: PAGE_MS });
  const creates: CreateProjection[] = [];
  for (let n = 0; n < scene.builds.length + 3; n++) creates.push(await newProcess());
  const born = (name: string) => world.process(name, creates.shift() as CreateProjection, POLICY);
  const [rebuilder, page] = [born('worker-2'), born('page')];
  let live = born('worker-1');
  let rebuild: Call<void> | undefined;
  const shown: Call<Totals>[] = [];
  const note = (stream: string, type: string, data: object) => history.record({ stream, type, data });

  world.mailed = ({ process, tenant, key }) => void note(process, 'TenantTold', { tenant, key });
  let last = '';
  const look = ({ result = {} }: Call<Totals>) => {
    const all = Object.values(result);
    const sum = (of: 'answers' | 'micros') => all.reduce((total, each) => total + each[of], 0);
    const view = { tenants: all.length, answers: sum('answers'), micros: sum('micros') };
    if (JSON.stringify(view) === last) return;
    last = JSON.stringify(view);
    note('page', 'TotalsShown', view);
  };
  let catching: Call<void> | undefined;
  const tick = (everyMs: number, happen: () => void) => void setInterval(happen, everyMs);
  tick(5_000, () => {
    if (!catching || catching.endedAt !== undefined) catching = live.catchUp();
  });
  tick(3_000, () => shown.push(page.totals(look)));
  const deploy = ({ build, broken }: WrongTotals['builds'][number]) => {
    live.kill();
    note('worker-1', 'BuildDeployed', { build, broken });
    world.upcast = (event) => (broken ? readWrongly(event) : event);
    [live, catching] = [born('worker-1'), undefined];
  };
  const rebuildNow = () => {
    note('worker-2', 'RebuildAsked', {});
    rebuild = rebuilder.rebuild(({ at, endedAt = at, failure }) => {
      if (failure) note('worker-2', 'RebuildFailed', { reason: failure.code ?? failure.message });
      else note('worker-2', 'RebuildEnded', { ms: Math.round(endedAt - at) });
    });
  };
  arriveInTurn(
    [
      ...scene.bills.map(({ at, bill: entered }) => ({
        at,
        happen: () => {
          note(`tenant-${entered.data.tenant}`, 'BillEntered', entered.data);
          void world.append([entered]);
        },
      })),
      ...scene.builds.map((build) => ({ at: build.at, happen: () => deploy(build) })),
      { at: scene.rebuildAt, happen: rebuildNow },
    ],
    ({ happen }) => happen(),
  );
  await clock.advance(scene.until);
  return { world, shown, rebuild };
}

/** Build 214 took micro-units for nano-units. */
const readWrongly = <T extends { data: Record<string, unknown> }>(event: T): T => ({
  ...event,
  data: { ...event.data, micros: Math.round(Number(event.data['micros']) / 1_000) },
});
