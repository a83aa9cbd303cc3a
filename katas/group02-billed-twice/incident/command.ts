import type { Command, CreateCommandBus } from '#answerdesk/seams/command.ts';
import { arriveInTurn } from '#answerdesk/simulation/asking.ts';
import { type Call, CorrectionsWorld, DeskProcess, type Queued } from '#answerdesk/simulation/corrections.ts';
import type { Recording } from '#kit/events.ts';
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
const TENANTS = ['acme', 'globex', 'initech', 'umbrella', 'hooli', 'wonka', 'stark'] as const;

/** Each minute support sends off the list of a tenant. Three deploys stop the process while it is at work on one. */
export function correctionMorning(seed: number): CorrectionMorning {
  const corrections = TENANTS.flatMap((tenant, minute) =>
    Array.from({ length: between(seed, `list of ${tenant}`, 4, 7) }, (_, n) =>
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
  const mail: Command = {
    id: `${id}/mail`,
    name: 'send-mail',
    version: 1,
    payload: { to: `user ${n + 1} of ${tenant}` },
  };
  const kind = roll(seed, `kind ${id}`);
  // One in seven second answers is in the archive, where nobody can hide it.
  const archived = kind < 0.35 && roll(seed, `archived ${id}`) < 0.4;
  const commands = kind < 0.35 ? [credit, hide, mail] : kind < 0.5 ? [hide] : [credit];
  const regretted = kind >= 0.35 && roll(seed, `regretted ${id}`) < 0.4;
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
export function recordedMorning({ events, at }: Recording): CorrectionMorning {
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

/** One process at a time works off the queue, one item after the other. `factories`: one for each process there will be. */
export async function playCorrections(
  scene: CorrectionMorning,
  { clock, history }: Run,
  factories: readonly CreateCommandBus[],
): Promise<CorrectionsWorld> {
  const effectMs = (id: string) => between(scene.seed, `lasts ${id}`, 1_200, 3_600);
  const world = new CorrectionsWorld(clock.now, { readMs: 8, appendMs: 15, effectMs });
  for (const { impossible } of scene.corrections) {
    if (impossible) world.failures.set(`execute ${impossible}`, Array.from({ length: 9 }, archived));
  }
  const causes = new Map<string, number>();
  const note = (correction: string, type: string, data: object = {}) => {
    const causationId = causes.get(correction);
    const event = { stream: correction, type, data: { correction, ...data } };
    return history.record({ ...event, ...(causationId !== undefined && { causationId }) });
  };
  world.tookEffect = ({ what, id, name }) =>
    note(id.split('/')[0] ?? id, what === 'execute' ? 'CorrectionMade' : 'CorrectionUnmade', { command: id, name });

  const desk = new Desk(world, note);
  let started = 0;
  const start = () => {
    const factory = factories[started++];
    if (factory) desk.start(new DeskProcess(world, factory));
  };
  const stop = (n: number) => {
    const { waiting } = desk.stop();
    history.record({ stream: 'desk', type: 'DeskStopped', data: { process: n, waiting } });
    setTimeout(start, RESTART_MS);
  };
  const decide = ({ at, event, ...decided }: Correction) => {
    const { id: stream } = decided;
    causes.set(stream, history.record({ stream, type: 'CorrectionDecided', data: decided }));
    desk.submit({ at, ...decided });
  };

  start();
  arriveInTurn(
    [
      ...scene.corrections.map((one) => ({ at: one.at, happen: () => decide(one) })),
      ...scene.corrections.flatMap((one) => (one.undoAt ? [{ at: one.undoAt, happen: () => desk.takeBack(one) }] : [])),
      ...scene.stops.map(({ at }, n) => ({ at, happen: () => stop(n + 1) })),
    ],
    ({ happen }) => happen(),
  );
  await clock.advance(scene.until);
  return world;
}

type Note = (correction: string, type: string, data?: object) => void;

/** Two lines at the counter of whatever process is up: what is sent off, and what is taken out of the queue. */
class Desk {
  #process: DeskProcess | undefined;
  #toSubmit: Correction[] = [];
  #submitting = false;
  #waiting: Delivery[] = [];
  #inHand: Delivery | undefined;
  #toTakeBack: Correction[] = [];
  #takingBack = new Set<Correction>();
  readonly #world: CorrectionsWorld;
  readonly #note: Note;

  constructor(world: CorrectionsWorld, note: Note) {
    this.#world = world;
    this.#note = note;
  }

  start(process: DeskProcess): void {
    this.#process = process;
    for (const correction of this.#toTakeBack.splice(0)) this.takeBack(correction);
    this.#sendOff();
    this.#workOff();
  }

  /** What was in hand goes back to the head of the queue; what was being sent off or taken back is so again. */
  stop(): { waiting: number } {
    this.#process?.kill();
    this.#process = undefined;
    if (this.#inHand) this.#waiting.unshift(this.#inHand);
    this.#inHand = undefined;
    this.#submitting = false;
    this.#toTakeBack.push(...this.#takingBack);
    this.#takingBack.clear();
    return { waiting: this.#waiting.length };
  }

  submit(correction: Correction): void {
    this.#toSubmit.push(correction);
    this.#sendOff();
  }

  takeBack(correction: Correction): void {
    const { id, commands } = correction;
    if (!this.#process) {
      this.#toTakeBack.push(correction);
      return;
    }
    this.#note(id, 'UndoAsked');
    const call = this.#process.undo(commands.length === 1 ? (commands[0]?.id ?? id) : id);
    this.#takingBack.add(correction);
    this.#follow(call, ({ failure }) => {
      this.#takingBack.delete(correction);
      if (failure) this.#note(id, 'UndoRefused', { reason: failure.code ?? 'none' });
    });
  }

  #sendOff(): void {
    const [correction] = this.#toSubmit;
    if (!this.#process || this.#submitting || !correction) return;
    const { id, commands } = correction;
    const [only] = commands;
    this.#submitting = true;
    const call = commands.length === 1 && only ? this.#process.submit(only) : this.#process.submitAll(id, commands);
    this.#follow(call, () => {
      this.#submitting = false;
      this.#toSubmit.shift();
      const queued = this.#world.queue.splice(0);
      this.#waiting.push(...queued.map((one) => ({ correction, queued: one, deliveries: 0 })));
      this.#workOff();
      this.#sendOff();
    });
  }

  #workOff(): void {
    if (!this.#process || this.#inHand) return;
    const delivery = this.#waiting.shift();
    if (!delivery) return;
    const { id, unheard } = delivery.correction;
    this.#inHand = delivery;
    delivery.deliveries++;
    this.#note(id, 'CorrectionDelivered', { delivery: delivery.deliveries });
    this.#follow(this.#process.takeOut(delivery.queued), ({ failure }) => {
      if (failure) this.#note(id, 'CorrectionFailed', { reason: failure.code ?? 'none' });
      this.#inHand = undefined;
      if (failure || (unheard && delivery.deliveries === 1)) this.#deliverAgain(delivery);
      this.#workOff();
    });
  }

  #deliverAgain(delivery: Delivery): void {
    if (delivery.deliveries >= DELIVERIES) return;
    setTimeout(() => {
      this.#waiting.push(delivery);
      this.#workOff();
    }, VISIBILITY_MS);
  }

  /** Nothing comes of a call any more when its process has been stopped. */
  #follow(call: Call, done: (call: Call) => void): void {
    const by = this.#process;
    void call.settled.then(() => by === this.#process && done(call));
  }
}
