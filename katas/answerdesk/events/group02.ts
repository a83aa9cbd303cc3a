import * as v from 'valibot';
import { count, data, type EventShapes, ms, text } from './shapes.ts';

const asked = data({ id: text, tenant: text, model: text, text, audience: v.optional(text) });
const requestDeduplication = {
  UserAsked: data({ question: asked }),
  UserAskedAgain: data({ questionId: text, send: count }),
  UserAnswered: data({ questionId: text, send: count }),
  UserGaveUp: data({ questionId: text }),
  MailQueued: data({ messageId: text, question: asked, ackLostForMs: v.optional(ms) }),
  MailRedelivered: data({ messageId: text, delivery: count }),
  MailAnswered: data({ messageId: text, questionId: text }),
  GenerationBilled: data({ questionId: text, call: count }),
  QuestionCoalesced: data({ questionId: text }),
  MessageDropped: data({ messageId: text }),
};

const command = data({ name: text, version: count, id: text, payload: v.record(text, v.union([text, v.number()])) });
const correction = { correction: text };
const commandMade = data({ ...correction, command: text, name: text });
const commands = {
  CorrectionDecided: data({
    id: text,
    commands: v.array(command),
    impossible: v.optional(text),
    unheard: v.boolean(),
    undoAt: v.optional(ms),
  }),
  CorrectionDelivered: data({ ...correction, delivery: count }),
  CorrectionFailed: data({ ...correction, reason: text }),
  CorrectionMade: commandMade,
  CorrectionUnmade: commandMade,
  UndoAsked: data(correction),
  UndoRefused: data({ ...correction, reason: text }),
  DeskStopped: data({ process: count, waiting: count }),
};

const contentHashing = {
  BodyReceived: data({ question: text, by: text, body: v.looseObject({ tenant: text, model: text, text }) }),
  IdentityFirstSeen: data({ identity: text }),
  IdentityRecognised: data({ identity: text, question: text }),
};

const appCommand = { command: text };
const aboutKey = data({ tenant: text, key: text, status: v.optional(count) });
const idempotentCommand = {
  AppSent: data({
    command: data({
      id: text,
      tenant: text,
      key: text,
      text,
      pressedAgainAfterMs: v.optional(ms),
      keyOf: v.optional(text),
    }),
  }),
  AppSentAgain: data({ ...appCommand, send: count }),
  SendPressed: data(appCommand),
  AppAnswered: data({ ...appCommand, status: count }),
  AppCutOff: data(appCommand),
  AppGaveUp: data(appCommand),
  AnswerBilled: data({ ...appCommand, job: text }),
  ModelOutageBegan: data({}),
  ModelOutageEnded: data({}),
  CommandClaimed: aboutKey,
  CommandReplayed: aboutKey,
  CommandRefused: aboutKey,
};

/** 2.4 */
const singletons = {
  QuestionTaken: data({ worker: count, question: text, tenant: text, ledgerHangsMs: v.optional(ms) }),
  ConfigurationAsked: data({ worker: count }),
  ConfigurationMoved: data({ from: count, to: count }),
  QuestionAnswered: data({ question: text, version: count }),
  QuestionFailed: data({ question: text }),
  AnswerBilled: data({ question: text, tenant: text }),
  ReloadAsked: data({}),
  ReloadFailed: data({ worker: count }),
  ConfigurationStoreRecovered: data({}),
};

/** The incident: what the apps send, what their users are shown, and what the workers do. */
const morning = {
  QuestionSent: data({ question: text, tenant: text, keyUsedBy: v.optional(text) }),
  SendPressedAgain: data({ question: text }),
  QuestionSubmitted: data({ question: text, key: text, try: count }),
  SubmissionCut: data({ question: text, key: text, afterMs: ms }),
  SubmissionAnswered: data({ question: text, key: text, text }),
  SubmissionRefused: data({ question: text, key: text, status: count }),
  AnswerShown: data({ question: text, worker: count, life: count, config: count, text }),
  MessageRedelivered: data({ message: text }),
  MessageDied: data({ message: text, reason: text }),
  ConfigurationRead: data({ worker: count, version: count }),
  ConfigLoaded: data({ version: count }),
  ConfigLoadFailed: data({}),
  LockExpired: data({ lock: text }),
  CommandExecuted: data({ id: text, name: text }),
  CommandFailed: data({ id: text, name: text }),
  WorkerStopped: data({ worker: count }),
  WorkerStarted: data({ worker: count }),
  BillDrawn: data({ tenant: text, micros: count }),
};

/** One object for each kata that records its own scene, and one for the incident. */
export const group02: readonly EventShapes[] = [
  morning,
  idempotentCommand,
  requestDeduplication,
  contentHashing,
  singletons,
  commands,
];
