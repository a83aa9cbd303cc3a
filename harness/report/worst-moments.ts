import type { Assessment } from '../grading/verdict.ts';
import type { RecordedEvent } from '../kit/events.ts';
import { dataText, dyeOf } from './event-text.ts';
import { timeOfDay } from './figures.ts';
import { inkOf, type Screen } from './screen.ts';
import { fit, padEnd, padStart } from './text.ts';

/** An event that shows the damage, and the name of the objective which it shows to be missed. */
export interface Moment {
  event: RecordedEvent;
  shows: string;
}

/**
 * The events that show the damage best: the worst evidence of each objective that isn't met, then the second worst of
 * each, until there are `most`; in the order in which they happened.
 */
export function worstMoments(history: readonly RecordedEvent[], { objectives }: Assessment, most = 5): Moment[] {
  const missed = objectives.filter(({ met }) => !met);
  const deepest = Math.max(0, ...missed.map(({ evidence }) => evidence.length));
  const chosen = new Map<number, string>();
  for (let rank = 0; rank < deepest; rank++) {
    for (const { name, evidence } of missed) {
      const id = evidence[rank];
      if (id !== undefined && !chosen.has(id) && chosen.size < most) chosen.set(id, name);
    }
  }
  return history.flatMap((event) => {
    const shows = chosen.get(event.id);
    return shows === undefined ? [] : [{ event, shows }];
  });
}

/** When, id, what happened, and under which objective it counts; the event's own words, or only its stream where there is no room. */
export function worstMomentLines(moments: readonly Moment[], screen: Screen): string[] {
  const ink = inkOf(screen);
  const widest = (texts: string[]) => Math.max(0, ...texts.map((text) => text.length));
  const type = Math.min(24, widest(moments.map(({ event }) => event.type)));
  const shows = Math.min(34, widest(moments.map((moment) => moment.shows)));
  return moments.map(({ event, ...moment }) => {
    const start = `  ${timeOfDay(event.time)}  ${padStart(`#${event.id}`, 6)}  `;
    const what = dyeOf(event.type, ink)(padEnd(fit(event.type, type), type));
    const room = screen.columns - start.length - type - 2 - shows - 2;
    const words = room < 12 ? '' : fit(room < 24 ? event.stream : dataText(event.data), room);
    const under = fit(moment.shows, shows);
    return `${ink.faint(start)}${what}  ${words === '' ? under : `${padEnd(under, shows)}  ${ink.faint(words)}`}`;
  });
}
