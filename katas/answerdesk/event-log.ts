export type { EventLog, EventToAppend, Expected, LoggedEvent, WrongExpectedRevision } from '#kit/event-log/port.ts';
