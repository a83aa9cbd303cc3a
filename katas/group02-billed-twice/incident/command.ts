import type { Command, CreateCommandBus } from '#answerdesk/seams/command.ts';
import { arriveInTurn } from '#answerdesk/simulation/asking.ts';
import { type Call, CorrectionsWorld, DeskProcess, type Queued } from '#answerdesk/simulation/corrections.ts';
import type { RecordedEvent } from '#kit/events.ts';
import { between, pick, roll } from '#kit/seeded.ts';
import type { Run } from '#kit/suite.ts';
import { RECORDED_SEED } from './script.ts';

/** What support decided about one customer who had been billed twice: one command, or several that belong together. */
export interface Correction {
  /** Milliseconds since the scene began. */
  at: number;
  id: string;
  commands: readonly Command[];
  /** The id of the command that can't be done, whenever it is tried. */
  impossible?: string;
  /** The queue hears too late that it was done, and delivers it once more. */
  unheard: boolean;
  /** When support takes it back: the customer had not been billed twice after all. */
  undoAt?: number;
  /** Id of the recorded event, where it comes from a recording. */
  event?: number;
}

export interface CorrectionMorning {
  seed: number;
  corrections: readonly Correction[];
  /** When a deploy stops the process; the next one begins `RESTART_MS` later. */
  stops: readonly { at: number; event?: number }[];
  /** How long the scene is watched. */
  until: number;
}

export const RESTART_MS = 3_000;
/** What the queue has not heard of by then it delivers again, `DELIVERIES` times in all. */
const VISIBILITY_MS = 30_000;
const DELIVERIES = 3;
const MINUTE = 60_000;
const TENANTS = ['acme', 'globex', 'initech', 'umbrella', 'hooli', 'wonka', 'stark', 'wayne'] as const;

/** Each minute support sends off the list of a tenant. Three deploys stop the process while it is at work on one. */
export function correctionMorning(seed: number): CorrectionMorning {
  const corrections = TENANTS.flatMap((tenant, minute) =>
    Array.from({ length: between(seed, `list of ${tenant}`, 6, 9) }, (_, n) =>
      correctionOf(seed, tenant, n, (minute + 1) * MINUTE),
    ),
  );
  const stops = [2, 4, 6].map((minute, n) => ({ at: minute * MINUTE + between(seed, `stop ${n}`, 9_000, 17_000) }));
  return { seed, corrections, stops, until: 13 * MINUTE };
}

function correctionOf(seed: number, tenant: string, n: number, from: number): Correction {
  const id = `${tenant}-${n + 1}`;
  const at = from + n * 1_000 + between(seed, `at ${id}`, 0, 900);
  const credit: Command = {
    id: `${id}/credit`,
    ...pick(seed, `version ${id}`, [
      { name: 'give-credit', version: 1, payload: { tenant, amount: between(seed, `euros ${id}`, 1, 9) } },
      { name: 'give-credit', version: 2, payload: { tenant, amount: between(seed, `cents ${id}`, 20, 900) } },
    ]),
  };
  const hide: Command = { id: `${id}/hide`, name: 'hide-answer', version: 1, payload: { answer: `second of ${id}` } };
  const mail: Command = { id: `${id}/mail`, name: 'send-mail', version: 1, payload: { to: `user ${n + 1} of ${tenant}` } };
  const kind = roll(seed, `kind ${id}`);
  // One in seven second answers is in the archive, where nobody can hide it.
  const archived = kind < 0.35 && roll(seed, `archived ${id}`) < 0.4;
  const commands = kind < 0.35 ? [credit, hide, mail] : kind < 0.5 ? [hide] : [credit];
  const regretted = kind >= 0.35 && roll(seed, `regretted ${id}`) < 0.2;
  return {
    at,
    id,
    commands,
    unheard: roll(seed, `unheard ${id}`) < 0.15,
    ...(archived && { impossible: hide.id }),
    ...(regretted && { undoAt: at + between(seed, `undo ${id}`, 100_000, 150_000) }),
  };
}

/** The same morning from its recording. */
export function recordedMorning({
  events,
  at,
}: {
  events: RecordedEvent[];
  at: (event: RecordedEvent) => number;
}): CorrectionMorning {
  const all = (type: string) => events.filter((event) => event.type === type);
  return {
    ...correctionMorning(RECORDED_SEED),
    corrections: all('CorrectionDecided').map((event) => ({
      ...(event.data as unknown as Correction),
      at: at(event),
      event: event.id,
    })),
    stops: all('DeskStopped').map((event) => ({ at: at(event), event: event.id })),
  };
}

const archived = () => Object.assign(new Error('the answer is in the archive'), { code: 'ARCHIVED' });

interface Delivery {
  correction: Correction;
  queued: Queued;
  deliveries: number;
}

/** One process at a time works off the queue, one item after the other. */
export async function playCorrections(
  scene: CorrectionMorning,
  { clock, history }: Run,
  factories: readonly CreateCommandBus[],
): Promise<CorrectionsWorld> {
  const effectMs = (id: string) => between(scene.seed, `lasts ${id}`, 1_200, 3_600);
  const world = new CorrectionsWorld(clock.now, { readMs: 8, appendMs: 15, effectMs });
  for (const { impossible } of scene.corrections) {
    if (impossible) world.failures.set(`execute ${impossible}`, Array.from({ length: 2 * DELIVERIES }, archived));
  }
  const byId = new Map(scene.corrections.map((one) => [one.id, one]));
  const causes = new Map<string, number>();
  const note = (id: string, type: string, data: object) => {
    const causationId = causes.get(id);
    return history.record({ stream: id, type, data, ...(causationId !== undefined && { causationId }) });
  };
  const noteTake = ({ what, id, name }: { what: string; id: string; name: string }) => {
    const [correction = id] = id.split('/');
    note(correction, what === 'execute' ? 'CorrectionMade' : 'CorrectionUnmade', { command: id, name });
  };
  world.tookEffect = noteTake;

  let waiting: Delivery[] = [];
  let inHand: Delivery | undefined;
  let process: DeskProcess | undefined;
  /** What its senders try again until there is a process. */
  let undone: (() => void)[] = [];
  let started = 0;

  const whenUp = (act: (by: DeskProcess) => void) => {
    if (process) act(process);
    else undone.push(() => process && act(process));
  };
  /** Looks at a call until it has ended, or its process has. */
  const follow = (by: DeskProcess, call: Call, done: (call: Call) => void) => {
    if (call.endedAt !== undefined) return done(call);
    if (by === process) setTimeout(() => follow(by, call, done), 20);
  };
  const again = (delivery: Delivery, ms: number) => {
    if (delivery.deliveries >= DELIVERIES) return;
    setTimeout(() => {
      waiting.push(delivery);
      workOff();
    }, ms);
  };
  const workOff = () => {
    const next = process && !inHand && waiting.shift();
    if (!next || !process) return;
    inHand = next;
    next.deliveries++;
    const { correction, queued } = next;
    const { id } = correction;
    const { stopped } = { stopped: queued.by !== process };
    note(id, 'CorrectionDelivered', { correction: id, delivery: next.deliveries, fromDisk: stopped });
    follow(process, process.takeOut(queued), ({ failure }) => {
      if (failure) note(id, 'CorrectionFailed', { correction: id, reason: failure.code ?? 'none' });
      inHand = undefined;
      if (failure || (correction.unheard && next.deliveries === 1)) again(next, VISIBILITY_MS);
      workOff();
    });
  };
  const decide = (correction: Correction) => {
    const { at, event, ...decided } = correction;
    const { id, commands } = decided;
    causes.set(id, history.record({ stream: id, type: 'CorrectionDecided', data: decided }));
    whenUp((by) => {
      const [first] = commands;
      const call = commands.length === 1 && first ? by.submit(first) : by.submitAll(id, commands);
      follow(by, call, () => collect(id));
    });
  };
  /** What has come into the queue since the last look. Items arrive in the order of their submission. */
  const collect = (id: string) => {
    const correction = byId.get(id);
    const queued = world.queue.shift();
    if (!correction || !queued) return;
    waiting.push({ correction, queued, deliveries: 0 });
    workOff();
  };
  const takeBack = ({ id, commands }: Correction) => {
    note(id, 'UndoAsked', { correction: id });
    const of = commands.length === 1 ? (commands[0]?.id ?? id) : id;
    whenUp((by) =>
      follow(by, by.undo(of), ({ failure }) => {
        if (failure) note(id, 'UndoRefused', { correction: id, reason: failure.code ?? 'none' });
      }),
    );
  };
  const start = () => {
    const factory = factories[started++];
    if (!factory) return;
    process = new DeskProcess(world, factory);
    for (const act of undone.splice(0)) act();
    workOff();
  };
  const stop = (n: number) => {
    process?.kill();
    process = undefined;
    history.record({ stream: 'desk', type: 'DeskStopped', data: { process: n, waiting: waiting.length } });
    if (inHand) waiting.unshift(inHand);
    inHand = undefined;
    setTimeout(start, RESTART_MS);
  };

  start();
  arriveInTurn(
    [
      ...scene.corrections.map((one) => ({ at: one.at, happen: () => decide(one) })),
      ...scene.corrections.flatMap((one) =>
        one.undoAt === undefined ? [] : [{ at: one.undoAt, happen: () => takeBack(one) }],
      ),
      ...scene.stops.map(({ at }, n) => ({ at, happen: () => stop(n + 1) })),
    ],
    ({ happen }) => happen(),
  );
  await clock.advance(scene.until);
  return world;
}
