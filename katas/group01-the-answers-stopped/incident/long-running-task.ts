import type { Recording } from '#kit/events.ts';
import { between, roll } from '#kit/seeded.ts';

/** The recording's seed. Any other is another morning of the same kind. */
export const RECORDED_SEED = 20260302;

/** A tenant asks for its documents to be embedded anew. */
export interface Reindex {
  /** Milliseconds since the scene began. */
  at: number;
  tenant: string;
  units: number;
  /** What one provider call takes, give or take a third. */
  unitMs: number;
  /** How long after asking the tenant changes its mind, in milliseconds; absent where it doesn't. */
  regretsAfterMs?: number;
  /** Id of the recorded event, where it comes from a recording. */
  event?: number;
}
export interface ReindexMorning {
  seed: number;
  requests: Reindex[];
}

/** What the proxy before us allows a connection. */
export const PROXY_CUTS_AFTER_MS = 60_000;
/** Who was cut asks again after a while, this often at most. */
export const ASKED_AGAIN = { times: 2, afterMs: 8_000 };

const TENANTS = ['acme', 'globex', 'initech', 'umbrella', 'hooli', 'wonka', 'stark', 'wayne', 'tyrell', 'cyberdyne'];

/** Ten tenants re-index within ten minutes: small ones take half a minute, large ones two. Two change their minds. */
export function reindexing(seed: number): ReindexMorning {
  const requests = TENANTS.map((tenant, n): Reindex => {
    const units = n % 4 === 0 ? between(seed, `units ${tenant}`, 10, 18) : between(seed, `units ${tenant}`, 42, 60);
    return {
      at: n * 60_000 + between(seed, `at ${tenant}`, 1_000, 40_000),
      tenant,
      units,
      unitMs: between(seed, `unit ${tenant}`, 7_500, 9_500),
      ...(n % 5 === 2 && { regretsAfterMs: between(seed, `regrets ${tenant}`, 20_000, 45_000) }),
    };
  });
  return { seed, requests };
}

export const unitsOf = ({ tenant, units }: Reindex): string[] =>
  Array.from({ length: units }, (_, n) => `${tenant}/batch-${String(n + 1).padStart(2, '0')}`);

export const callTakes = (seed: number, unit: string, unitMs: number): number =>
  Math.round(unitMs * (2 / 3 + (2 / 3) * roll(seed, `latency ${unit}`)));

/** The same requests from their recording. */
export function recordedReindexing({ events, at }: Recording): ReindexMorning {
  const requests = events
    .filter(({ type }) => type === 'ReindexRequested')
    .map((event) => ({ ...(event.data as unknown as Reindex), at: at(event), event: event.id }));
  return { seed: RECORDED_SEED, requests };
}
