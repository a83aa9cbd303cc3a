import * as v from 'valibot';

/** The shapes of which events are made. Times are ms, `at` since the epoch. */
export const text = v.string();
export const count = v.pipe(v.number(), v.integer(), v.minValue(0));
export const ms = v.pipe(v.number(), v.minValue(0));
export const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
export const data = <const Entries extends v.ObjectEntries>(entries: Entries) => v.strictObject(entries);

/** Each event type with the shape of its data. */
export type EventShapes = Readonly<Record<string, v.GenericSchema>>;
