import { roll } from '#kit/seeded.ts';
import type { Note } from '../world.ts';

/** A queue that delivers at least once. Times in milliseconds. */
export interface QueueWorld {
  seed: number;
  /** A message that nobody has acknowledged by then may be delivered again, to the same worker. */
  acknowledgeWithinMs: number;
  /** Share of the late ones that are. */
  impatient: number;
  /** Share of acknowledgements that are lost; their messages come again after `lostForMs`. */
  lost: number;
  lostForMs: number;
}

/** Rejects where the message has to come again. */
export type Take = (messageId: string, item: unknown) => Promise<unknown>;

interface Message {
  id: string;
  item: unknown;
  failures: number;
  acknowledged?: true;
  /** It was delivered again before it was acknowledged. */
  hurried?: true;
}
const MOST_FAILURES = 4;
const FAILED_COMES_AGAIN_MS = 2_000;

/** One partition: one worker at a time takes from it. */
export class Queue {
  readonly #name: string;
  readonly #world: QueueWorld;
  readonly #note: Note;
  #waiting: Message[] = [];
  #take: Take | undefined;
  #underWay = new Set<Promise<void>>();
  #messages = 0;

  constructor(name: string, world: QueueWorld, note: Note) {
    this.#name = name;
    this.#world = world;
    this.#note = note;
  }

  readonly put = async (item: unknown): Promise<void> => {
    this.#dispatch({ id: `${this.#name}-${++this.#messages}`, item, failures: 0 });
  };

  attach(take: Take): void {
    this.#take = take;
    // They come from the disk: what JSON can't say is gone.
    for (const { item, ...message } of this.#waiting.splice(0)) {
      this.#dispatch({ ...message, item: JSON.parse(JSON.stringify(item) ?? 'null') as unknown });
    }
  }

  /** Nothing more is delivered; resolves when what was has been dealt with. */
  async detach(): Promise<void> {
    this.#take = undefined;
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  #dispatch(message: Message): void {
    const take = this.#take;
    if (!take) {
      this.#waiting.push(message);
      return;
    }
    const delivered = this.#deliver(message, take).finally(() => this.#underWay.delete(delivered));
    this.#underWay.add(delivered);
  }

  async #deliver(message: Message, take: Take): Promise<void> {
    const { seed, acknowledgeWithinMs, impatient, lost, lostForMs } = this.#world;
    const again = setTimeout(() => {
      if (message.hurried || roll(seed, `impatient ${message.id}`) >= impatient) return;
      message.hurried = true;
      this.#redeliver(message);
    }, acknowledgeWithinMs);
    try {
      await take(message.id, message.item);
      if (message.acknowledged) return;
      message.acknowledged = true;
      if (roll(seed, `acknowledged ${message.id}`) < lost) setTimeout(() => this.#redeliver(message), lostForMs);
    } catch (error) {
      // Who has it in hand may refuse a second one.
      if (message.acknowledged) return;
      message.failures++;
      if (message.failures < MOST_FAILURES) setTimeout(() => this.#redeliver(message), FAILED_COMES_AGAIN_MS);
      else this.#note('queue', 'MessageDied', { message: message.id, reason: String((error as Error).message) });
    } finally {
      clearTimeout(again);
    }
  }

  #redeliver(message: Message): void {
    this.#note('queue', 'MessageRedelivered', { message: message.id });
    this.#dispatch(message);
  }
}
