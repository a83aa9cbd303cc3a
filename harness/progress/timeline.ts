import { percent } from '../kernel/percent.ts';
import type { ChainedEvent, Damage } from './learning-events.ts';

/** One line of how somebody got where they are. */
export interface Moment {
  /** Place in the chain. */
  n: number;
  at: string;
  type: ChainedEvent['type'];
  kata: string | null;
  group: number | null;
  /** `good` and `bad` are results; `help` is a hint or a solution. */
  tone: 'good' | 'bad' | 'help' | 'plain';
  says: string;
}

/** What happened, without what only repeats or completes: a result that is the same as before, a replay in which no figure moved. */
export function timelineOf(events: readonly ChainedEvent[]): Moment[] {
  const last = new Map<string, string>();
  return events.flatMap((event): Moment[] => {
    const moment = momentOf(event);
    if (event.type === 'AttemptStarted' || event.type === 'CoverageMeasured') return [];
    if (event.type !== 'SuiteGraded' && event.type !== 'GateReplayed') return [moment];
    const key = `${event.type} ${moment.kata ?? moment.group}`;
    const told = event.type === 'GateReplayed' ? figuresOf(event.data.damage) + moment.says : moment.says;
    if (last.get(key) === told) return [];
    last.set(key, told);
    return [moment];
  });
}

/** Everything that was done on one kata, with what decides how far each result holds. */
export function historyOf(kata: string, events: readonly ChainedEvent[]): Moment[] {
  return events.flatMap((event) => {
    const moment = momentOf(event);
    return moment.kata === kata ? [{ ...moment, says: moment.says + detailOf(event) }] : [];
  });
}

/** The edition of the suite, its seeds, and which rules were broken. */
function detailOf(event: ChainedEvent): string {
  if (event.type !== 'SuiteGraded') return '';
  const { edition, seeds, behaviours, error, counts } = event.data;
  const broken = behaviours.filter(({ passed }) => !passed).map(({ id }) => id);
  const seed = seeds.length > 3 ? `${seeds.length} seeds` : `seed ${seeds.join(', ')}`;
  return `${counts ? `; suite v${edition}` : ''}; ${seed}${broken.length > 0 ? `; broken: ${broken.join(', ')}` : ''}${error ? `; ${error}` : ''}`;
}

export function momentOf(event: ChainedEvent): Moment {
  const { n, at } = event.metadata;
  const base = { n, at, type: event.type, kata: null, group: null };
  switch (event.type) {
    case 'LearnerEnrolled':
      return { ...base, tone: 'plain', says: `began, in the cohort ${event.data.cohort}` };
    case 'AttemptStarted': {
      const { kata, attempt } = event.data;
      return { ...base, kata, tone: 'plain', says: `attempt ${attempt} at ${kata}` };
    }
    case 'OrderDeviated': {
      const { kata, instead, skipped } = event.data;
      const ahead = skipped === 1 ? 'which was' : `one of ${skipped}`;
      return { ...base, kata, tone: 'plain', says: `${kata} begun before ${instead}, ${ahead} ahead of it` };
    }
    case 'SuiteGraded': {
      const { kata, verdict, score, points, counts } = event.data;
      const word = { pass: 'green', fail: 'red', error: 'error', timeout: 'timeout' }[verdict];
      const discount = counts ? '' : ', which does not count: the suite was edited';
      const tone = verdict === 'pass' && counts ? 'good' : 'bad';
      return { ...base, kata, tone, says: `${kata} ${word}, ${score} of ${points} points${discount}` };
    }
    case 'CoverageMeasured': {
      const { kata, coverage } = event.data;
      const says = `${kata}: ${percent(coverage.lines)} of lines and ${percent(coverage.branches)} of branches ran`;
      return { ...base, kata, tone: 'plain', says };
    }
    case 'KataSolved': {
      const { kata, attempt, again, edition } = event.data;
      const says = again ? `${kata} solved again, on v${edition}` : `${kata} solved${inAttempts(attempt)}`;
      return { ...base, kata, tone: 'good', says };
    }
    case 'GateReplayed': {
      const { group, scene, verdict, damage, counts } = event.data;
      const word = { pass: 'green', fail: 'red', error: 'error', timeout: 'timeout' }[verdict];
      const met = damage ? `${metOf(damage)} of ${damage.objectives.length} objectives met` : 'it could not be played';
      const said = scene === 'gate' ? `gate of group ${group} ${word}` : `incident of group ${group}: ${met}`;
      const says = `${said}${counts ? '' : ', which does not count: its files were edited'}`;
      return { ...base, group, tone: verdict === 'pass' ? 'good' : 'bad', says };
    }
    case 'GroupResolved': {
      const { group, seeds, again } = event.data;
      const on = seeds.length > 0 ? `, on the recording and seeds ${seeds.join(', ')}` : '';
      return { ...base, group, tone: 'good', says: `group ${group} resolved${again ? ' again' : ''}${on}` };
    }
    case 'HintTaken': {
      const { kata, level } = event.data;
      return { ...base, kata, tone: 'help', says: `hint ${level} of ${kata}` };
    }
    case 'SolutionViewed': {
      const { kata, afterGreen } = event.data;
      return { ...base, kata, tone: 'help', says: `solution of ${kata} seen ${afterGreen ? 'after' : 'before'} green` };
    }
    case 'NotesWritten': {
      const { kata, words } = event.data;
      return { ...base, kata, tone: 'plain', says: `notes on ${kata}: ${words} ${words === 1 ? 'word' : 'words'}` };
    }
    case 'KataReset': {
      const { kata } = event.data;
      return { ...base, kata, tone: 'plain', says: `${kata} reset to the starter` };
    }
    default:
      // A later version's event.
      return { ...(base as Moment), tone: 'plain', says: (event as { type: string }).type };
  }
}

const inAttempts = (attempt: number) => (attempt < 2 ? ' in the first attempt' : ` in attempt ${attempt}`);

export const metOf = ({ objectives }: Damage): number => objectives.filter(({ met }) => met).length;

const figuresOf = (damage: Damage | null) => (damage?.objectives ?? []).map(({ value }) => value).join();
