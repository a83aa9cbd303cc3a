// Who is to be told stands in the slot and is struck out when told, so a rebuild may go to the end of the log.
import type { LoggedEvent } from '#answerdesk/event-log.ts';
import type {
  CreateProjection,
  Projection,
  ProjectionPolicy,
  ProjectionPorts,
  TenantTotal,
  Totals,
} from '#answerdesk/seams/projection.ts';

interface Kept {
  totals: [tenant: string, total: TenantTotal][];
  passed: string[];
  told: string[];
}

class Ledger {
  readonly totals: Map<string, TenantTotal>;
  readonly passed: Set<string>;
  readonly told: Set<string>;

  constructor(kept: Kept = { totals: [], passed: [], told: [] }) {
    this.totals = new Map(kept.totals);
    this.passed = new Set(kept.passed);
    this.told = new Set(kept.told);
  }

  fold({ type, data }: LoggedEvent, limit: number): void {
    if (type !== 'AnswerBilled' && type !== 'AnswerRefunded') return;
    const sign = type === 'AnswerBilled' ? 1 : -1;
    const tenant = data['tenant'] as string;
    const { answers, tokens, micros } = this.totals.get(tenant) ?? { answers: 0, tokens: 0, micros: 0 };
    const total = {
      answers: answers + sign,
      tokens: tokens + sign * (data['tokens'] as number),
      micros: micros + sign * (data['micros'] as number),
    };
    this.totals.set(tenant, total);
    if (total.micros > limit) this.passed.add(tenant);
  }

  get untold(): string[] {
    return [...this.passed].filter((tenant) => !this.told.has(tenant));
  }

  toJSON(): Kept {
    return { totals: [...this.totals], passed: [...this.passed], told: [...this.told] };
  }
}

class BillingTotals implements Projection {
  readonly #ports: ProjectionPorts;
  readonly #policy: ProjectionPolicy;

  constructor(ports: ProjectionPorts, policy: ProjectionPolicy) {
    this.#ports = ports;
    this.#policy = policy;
  }

  async catchUp(): Promise<void> {
    while (await this.#step());
  }

  async rebuild(): Promise<void> {
    const { store } = this.#ports;
    const old = await this.#slot();
    const fresh = `totals-${Number(old.slice('totals-'.length)) + 1}`;
    await store.drop(fresh);
    let [ledger, checkpoint] = [new Ledger(), -1];
    for (let page = await this.#page(checkpoint); page.length > 0; page = await this.#page(checkpoint)) {
      for (const event of page) ledger.fold(event, this.#policy.limitMicros);
      checkpoint = page.at(-1)?.position ?? checkpoint;
    }
    const { ledger: live, checkpoint: reached } = await this.#load(old);
    if (reached > checkpoint) return this.rebuild();
    ledger = new Ledger({ ...ledger.toJSON(), told: [...live.told] });
    await store.save(fresh, ledger.toJSON(), checkpoint, -1);
    await store.activate(fresh);
    await store.drop(old);
  }

  async totals(): Promise<Totals> {
    for (let slot = await this.#slot(); ; ) {
      const { ledger, checkpoint } = await this.#load(slot);
      const now = await this.#slot();
      if (checkpoint >= 0 || now === slot) return Object.fromEntries(ledger.totals);
      slot = now;
    }
  }

  /** Strikes one out, or folds one page; false where there is nothing to do. */
  async #step(): Promise<boolean> {
    const slot = await this.#slot();
    const { ledger, checkpoint } = await this.#load(slot);
    const { untold } = ledger;
    for (const tenant of untold) {
      await this.#ports.sendMail(tenant, `passed/${tenant}`);
      ledger.told.add(tenant);
    }
    const page = untold.length > 0 ? [] : await this.#page(checkpoint);
    for (const event of page) ledger.fold(event, this.#policy.limitMicros);
    const reached = page.at(-1)?.position ?? checkpoint;
    if (untold.length === 0 && page.length === 0) return false;
    await this.#ports.store.save(slot, ledger.toJSON(), reached, checkpoint).catch((error: { code?: string }) => {
      if (error.code !== 'SLOT_CONFLICT') throw error;
    });
    return true;
  }

  async #slot(): Promise<string> {
    return (await this.#ports.store.active()) ?? 'totals-1';
  }
  async #load(slot: string): Promise<{ ledger: Ledger; checkpoint: number }> {
    const found = await this.#ports.store.load(slot);
    return { ledger: new Ledger(found?.value as Kept | undefined), checkpoint: found?.checkpoint ?? -1 };
  }
  #page(after: number): Promise<LoggedEvent[]> {
    return this.#ports.log.readAll({ after, limit: this.#policy.batch });
  }
}

export const createProjection: CreateProjection = (ports, policy) => new BillingTotals(ports, policy);
