import type { GatherParts } from '#answerdesk/seams/partial-result.ts';
import { arriveInTurn } from '#answerdesk/simulation/asking.ts';
import { type Gathering, gather, type Source } from '#answerdesk/simulation/gathering.ts';
import type { Recording } from '#kit/events.ts';
import { between, pick, roll } from '#kit/seeded.ts';
import type { Run } from '#kit/suite.ts';

/** The tickets that agents opened that morning. Each view is made of five sources. */
export interface TicketViews {
  seed: number;
  tickets: readonly OpenedTicket[];
  faults: readonly SourceFault[];
  /** How long the scene is watched. Times in milliseconds since it began. */
  until: number;
}
export interface OpenedTicket {
  at: number;
  id: string;
  tenant: string;
  event?: number;
}
interface SourceFault {
  from: number;
  to: number;
  source: string;
  latencyMs?: number;
  status?: number;
}
export interface TicketView extends OpenedTicket {
  view: Gathering;
}

export const TICKET_VIEWS_SEED = 20260303;
/** An agent who has waited this long opens the ticket again. */
export const VIEW_DEADLINE_MS = 1_000;

const MINUTE = 60_000;
const TENANTS = ['acme', 'globex', 'initech', 'umbrella'] as const;
const USUAL_MS = { customer: 100, orders: 180, 'past-tickets': 220, documents: 300, suggestion: 650 };

/** The model behind one of the five sources climbs to 45 s, then answers in bursts of 503. */
export function ticketViews(seed: number): TicketViews {
  const tickets: OpenedTicket[] = [];
  for (let at = 4_000, n = 1; at < 15 * MINUTE; at += between(seed, `gap ${n}`, 9_000, 21_000), n++) {
    const id = `t-${String(n).padStart(2, '0')}`;
    tickets.push({ at, id, tenant: pick(seed, `tenant ${id}`, TENANTS) });
  }
  const began = between(seed, 'began', 100, 140) * 1000;
  const at = (minutes: number) => began + Math.round(minutes * MINUTE);
  const climb = [2_000, 6_000, 12_000, 20_000, 30_000, 45_000, 45_000, 45_000].map(
    (latencyMs, n): SourceFault => ({ from: at(n), to: at(n + 1), source: 'suggestion', latencyMs }),
  );
  const faults: SourceFault[] = [
    ...climb,
    { from: at(8), to: at(8.75), source: 'suggestion', status: 503 },
    { from: at(9.5), to: at(10.5), source: 'suggestion', status: 503 },
    { from: at(3), to: at(4), source: 'documents', status: 500 },
    { from: at(11), to: at(11.5), source: 'customer', status: 503 },
  ];
  return { seed, tickets, faults, until: 17 * MINUTE };
}

/** The same morning from its recording. */
export function recordedTicketViews({ events, at }: Recording): TicketViews {
  const all = (type: string) => events.filter((event) => event.type === type);
  const ends = new Map(all('SourceFaultEnded').map((event) => [event.data['fault'], at(event)]));
  return {
    ...ticketViews(TICKET_VIEWS_SEED),
    tickets: all('TicketOpened').map((event) => {
      const { ticket, tenant } = event.data as { ticket: string; tenant: string };
      return { at: at(event), event: event.id, id: ticket, tenant };
    }),
    faults: all('SourceFaultBegan').map((event) => {
      const { fault, ...what } = event.data;
      return { ...(what as Omit<SourceFault, 'from' | 'to'>), from: at(event), to: ends.get(fault) ?? Infinity };
    }),
  };
}

/** Opens each ticket at its time, and notes what its agent saw and when. */
export async function playTicketViews(
  scene: TicketViews,
  { clock, history }: Run,
  gatherParts: GatherParts,
): Promise<TicketView[]> {
  const views: TicketView[] = [];
  const note = (stream: string, type: string, data: object, causationId?: number) =>
    history.record({ stream, type, data, ...(causationId !== undefined && { causationId }) });
  const open = (ticket: OpenedTicket) => {
    const { id, tenant } = ticket;
    const cause = note(id, 'TicketOpened', { ticket: id, tenant });
    const view = gather(gatherParts, sourcesOf(scene, ticket), VIEW_DEADLINE_MS, clock.now, {
      ended: ({ gathered, failure, at, endedAt = at }) => {
        const lacks = gathered?.parts?.filter(({ status }) => status !== 'complete').map(({ name }) => name);
        const missing = lacks?.join(', ') || undefined;
        const afterMs = endedAt - at;
        if (failure) note(id, 'TicketViewFailed', { ticket: id, afterMs, reason: failure.message }, cause);
        else note(id, 'TicketViewShown', { ticket: id, afterMs, missing }, cause);
      },
      updated: (part) => void note(id, 'TicketViewUpdated', { ticket: id, part }, cause),
    });
    views.push({ ...ticket, view });
  };
  arriveInTurn(
    [
      ...scene.faults.flatMap(({ from, to, ...what }, n) => [
        { at: from, happen: () => note('sources', 'SourceFaultBegan', { fault: n + 1, ...what }) },
        { at: to, happen: () => note('sources', 'SourceFaultEnded', { fault: n + 1 }) },
      ]),
      ...scene.tickets.map((ticket) => ({ at: ticket.at, happen: () => open(ticket) })),
    ],
    ({ happen }) => void happen(),
  );
  await clock.advance(scene.until);
  return views;
}

function sourcesOf({ seed, faults }: TicketViews, { at, id }: OpenedTicket): Source[] {
  return Object.entries(USUAL_MS).map(([name, usualMs]) => {
    const fault = faults.find(({ source, from, to }) => source === name && at >= from && at < to);
    const spread = 0.8 + 0.4 * roll(seed, `${name} of ${id}`);
    return {
      name,
      required: name === 'customer',
      after: Math.round((fault?.latencyMs ?? usualMs) * spread),
      comes: fault?.status
        ? { failure: Object.assign(new Error(`${name} answered ${fault.status}`), { status: fault.status }) }
        : { value: `${name} of ${id}` },
    };
  });
}
