import * as v from 'valibot';
import { count, data, type EventShapes, ms, text } from './shapes.ts';

const variable = data({ name: text, value: text, tags: v.array(text) });
const model = data({ name: text, temperature: v.number(), stop: v.array(text) });
const prompt = data({ title: text, text, variables: v.array(variable), model });
const promptEdit = v.partial(data({ ...prompt.entries, model: v.partial(model) }));
const turn = data({ id: text, tenant: text, conversation: text, text, edition: text });
/** 3.1 */
const conversations = {
  TurnSaid: data({ turn }),
  TurnSaidAgain: data({ turn: text, instance: text }),
  TurnAnswered: data({ turn: text, instance: text, heard: count, saidBefore: count }),
  TurnFailed: data({ turn: text, instance: text, reason: text }),
  InstanceStopped: data({ instance: text }),
  InstanceStarted: data({ instance: text }),
  HandbookReadsCounted: data({ reads: count, editions: count }),
};

/** 3.7 */
const totals = {
  BillEntered: data({ tenant: text, tokens: count, micros: count }),
  BuildDeployed: data({ build: count, broken: v.boolean() }),
  RebuildAsked: data({}),
  RebuildFailed: data({ reason: text }),
  RebuildEnded: data({ ms: count }),
  TenantTold: data({ tenant: text, key: text }),
  TotalsShown: data({ tenants: count, answers: count, micros: count }),
};

/** 3.8 */
const promptEditor = {
  PromptEditorOpened: data({ tenant: text, prompt, draft: v.optional(data({ version: count, sealed: text })) }),
  PromptEdited: data({ tenant: text, change: promptEdit }),
  PromptEditUndone: data({ tenant: text }),
  PromptEditRedone: data({ tenant: text }),
  PromptEditorRestarted: data({ tenant: text }),
  PromptShown: data({ tenant: text, wrong: v.array(text) }),
};

/** 3.4 */
const channels = {
  MessageArrived: data({ channel: text, message: v.record(v.string(), v.unknown()) }),
  MessageArrivedAgain: data({ channel: text }),
  MessageMisread: data({ channel: text, parts: v.array(text) }),
  MessageRefused: data({ channel: text, field: text, reason: text }),
  MessageHandedBack: data({ channel: text, changed: v.array(text) }),
  IntakeRestarted: data({ restart: count, underWay: count }),
};

/** 3.5 */
const priced = { item: text, micros: count, validFrom: text, by: text, why: text };
const conflict = { expected: count, actual: count };
const priceBook = {
  PriceFormOpened: data({ ...priced, edit: text, savesAfterMs: count }),
  PriceFormSaved: data({ edit: text, version: count }),
  PriceFormRefused: data({ ...conflict, edit: text }),
  PriceRecorded: data({ item: text, version: count, micros: count, validFrom: text }),
  PriceConflicted: data({ ...conflict, item: text }),
  AnswerFinished: data({ charge: text, item: text }),
  AnswerCharged: data({ charge: text, micros: v.optional(count) }),
  ChargeQuestioned: data({ charge: text, charged: v.optional(count), said: v.optional(count) }),
  PriceDeskRestarted: data({ worker: count }),
};

/** 3.9 */
const act = data({
  do: text,
  collection: v.optional(data({ id: text, tenant: text, name: text })),
  doc: v.optional(data({ id: text, collection: text, title: text, text })),
  id: v.optional(text),
  tenant: v.optional(text),
});
const knowledgeBase = {
  CollectionUploaded: data({ act }),
  DocumentUploaded: data({ act }),
  DocumentDiscarded: data({ act }),
  CollectionCleanedUp: data({ act }),
  RestoreAsked: data({ act }),
  ErasureAsked: data({ act }),
  PurgeBegan: data({ act }),
  KnowledgeLookedAt: data({ end: text, wrong: v.array(text), left: count, told: v.array(text) }),
};

/** 3.3 */
const records = {
  RecordWriteAsked: data({
    question: text,
    kind: text,
    id: text,
    create: v.optional(v.record(text, v.unknown())),
    patch: v.optional(v.record(text, v.unknown())),
  }),
  RecordWritten: data({ kind: text, id: text, version: count }),
  RecordWriteRefused: data({ kind: text, id: text, code: text }),
  RecordWriteGivenUp: data({ kind: text, id: text, code: text }),
  RecordPageShown: data({ question: text, undone: v.array(text) }),
};

/** 3.6 */
const auditLog = {
  DeedDone: data({
    log: text,
    type: text,
    by: text,
    why: text,
    tokens: count,
    personal: v.optional(data({ subject: text, data: data({ mail: text, question: text }) })),
    meanwhile: v.optional(text),
  }),
  DeedsRaced: data({ accepted: count }),
  LogTampered: data({ log: text, how: text, entry: count }),
  LogVerified: data({ log: text, intact: v.boolean(), entry: v.optional(count) }),
  ErasureAsked: data({ subject: text }),
  PersonalDataFound: data({ log: text, subject: text }),
};

/** 3.2; the instances are those of 3.1 */
const jobQueue = {
  QuestionSubmitted: data({
    question: data({
      id: text,
      tenant: text,
      text,
      lastsMs: ms,
      hangsMs: v.optional(ms),
      unanswerable: v.optional(v.literal(true)),
    }),
  }),
  QuestionAcknowledged: data({ question: text, instance: text }),
  JobTaken: data({ question: text, worker: text, attempt: count }),
  JobGivenBack: data({ question: text, worker: text }),
  AnswerHandedIn: data({ question: text, worker: text, counts: v.boolean() }),
  JobDied: data({ job: text, attempts: count }),
};

/** The incident: what is asked and answered in the night, what the office does, and what is found in the morning. */
const night = {
  MessageSent: data({ question: text, channel: text, tenant: text }),
  QuestionAccepted: data({ questionId: text }),
  AnswerReceived: data({ question: text, key: text, text }),
  MessageMangled: data({ question: text, channel: text }),
  FeedbackGiven: data({ question: text, stars: count }),
  TurnHeard: data({ turn: text, heard: count, said: count }),
  RequestCut: data({ request: text }),
  PriceChanged: data({ item: text, micros: count, version: count, validFrom: text }),
  PriceNotTaken: data({ item: text, micros: count, reason: text }),
  CollectionDeletedByMistake: data({ tenant: text, collection: text, documents: count }),
  DocumentDeleted: data({ id: text }),
  CollectionDeleted: data({ id: text }),
  CollectionRestored: data({ id: text }),
  KnowledgeBaseCompared: data({ tenant: text, collection: text, documents: count, wrong: count }),
  PromptTakenBack: data({ wrong: v.array(text) }),
  LogAudited: data({ log: text, intact: v.boolean(), entries: count }),
  TotalShown: data({ tenant: text, due: count, shown: count }),
  LimitMailSent: data({ tenant: text, key: text }),
  ChargeNotExplained: data({ question: text, charged: count, explained: count }),
  WriteUndone: data({ question: text, undone: v.array(text) }),
};

/** One object for each kata that records its own scene, and one for the incident. */
export const group03: readonly EventShapes[] = [
  night,
  auditLog,
  jobQueue,
  conversations,
  totals,
  promptEditor,
  records,
  channels,
  priceBook,
  knowledgeBase,
];
