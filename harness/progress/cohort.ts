import type { Witness } from './chain.ts';
import { eventId } from './decide.ts';
import type { ChainedEvent, CohortEvent } from './learning-events.ts';

export type CohortDraft = {
  id: string;
  metadata: { $correlationId: string; $causationId: string; at: string };
} & CohortEvent;

/** What a cohort is told of these events. Each milestone carries the head of the learner's chain: a second witness. */
export function milestonesOf(
  { id: learner, name }: { id: string; name: string | null },
  events: readonly ChainedEvent[],
): CohortDraft[] {
  return events.flatMap((event): CohortDraft[] => {
    const told = toldOf(learner, name, event);
    const { at, $correlationId } = event.metadata;
    return told
      ? [{ id: eventId(event.id, 0), ...told, metadata: { at, $correlationId, $causationId: event.id } }]
      : [];
  });
}

function toldOf(learner: string, name: string | null, { type, data, metadata }: ChainedEvent): CohortEvent | undefined {
  const head = { n: metadata.n, hash: metadata.hash };
  switch (type) {
    case 'LearnerEnrolled':
      return { type: 'LearnerJoined', data: { learner, name } };
    case 'KataSolved':
      return { type: 'MilestoneReached', data: { learner, kata: data.kata, head } };
    case 'GroupResolved':
      return { type: 'MilestoneReached', data: { learner, group: data.group, head } };
    default:
      return undefined;
  }
}

/** The heads of a learner's chain that their cohort has heard of. */
export function witnessesOf(learner: string, events: readonly CohortEvent[]): Witness[] {
  return events.flatMap((event) =>
    event.type === 'MilestoneReached' && event.data.learner === learner
      ? [{ ...event.data.head, from: "the cohort's stream" }]
      : [],
  );
}
