import type { Collection, CreateKnowledgeBase, KnowledgeBaseEvent } from '#answerdesk/seams/knowledge-base.ts';
import { docOf, EVERYWHERE, endOf, pass } from '#answerdesk/simulation/knowledge-acts.ts';
import {
  type KnowledgeAct,
  KnowledgeModel,
  type Look,
  type Outcome,
  perform,
  wrongReads,
} from '#answerdesk/simulation/knowledge-model.ts';
import { storedRows } from '#answerdesk/simulation/stored-rows.ts';
import type { Recording } from '#kit/events.ts';
import { between, pick, roll } from '#kit/seeded.ts';
import { openDatabase } from '#kit/sql/database.ts';
import type { Run } from '#kit/suite.ts';
import { RECORDED_SEED } from './script.ts';

/** A clean-up script that came with the deploy, and what followed from it until the month's purge. */
export interface CleanUp {
  steps: readonly Step[];
  retentionMs: number;
}
export interface Step {
  /** Milliseconds since the scene began. */
  at: number;
  /** Who asked, as the recording calls it. */
  by: (typeof ASKED)[number];
  act: KnowledgeAct;
  event?: number;
}
/** What a step came to. */
export interface Ended {
  step: Step;
  should: Outcome;
  /** 'done', or the code of its refusal. */
  end: string;
  told: KnowledgeBaseEvent[];
  /** Reads that weren't as they must be, after the step. */
  wrong: string[];
  /** Rows in which a text still stands that had to be removed for good. */
  left: number;
  event: number;
}

const ASKED = [
  'CollectionUploaded',
  'DocumentUploaded',
  'DocumentDiscarded',
  'CollectionCleanedUp',
  'RestoreAsked',
  'ErasureAsked',
  'PurgeBegan',
] as const;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;
export const RETENTION_MS = 30 * DAY;
const TENANTS = ['acme', 'globex', 'initech'] as const;
const NAMES = ['Handbook', 'Prices', 'Refunds', 'Security', 'Releases'] as const;
export function cleanUp(seed: number): CleanUp {
  const steps: Step[] = [];
  let at = 0;
  const step = (by: Step['by'], act: KnowledgeAct, after = between(seed, `step ${steps.length}`, 100, 900)) => {
    at += after;
    steps.push({ at, by, act });
  };
  const upload = (collection: Collection, docs: number) => {
    step('CollectionUploaded', { do: 'addCollection', collection });
    const ids = Array.from({ length: docs }, (_, n) => `${collection.id}/${n + 1}`);
    for (const id of ids) step('DocumentUploaded', { do: 'addDocument', doc: docOf(seed, id, collection.id) });
    return ids;
  };
  const victim = pick(seed, 'victim', ['acme', 'globex']);
  const collections = TENANTS.flatMap((tenant) =>
    NAMES.slice(0, tenant === victim ? 4 : between(seed, `collections ${tenant}`, 1, 2)).map((name) => ({
      id: `${tenant}/${name}`,
      tenant,
      name,
    })),
  );
  const docs = collections.flatMap((collection) =>
    upload(collection, between(seed, `docs ${collection.id}`, 1, collection.tenant === victim ? 5 : 2)),
  );
  for (const id of docs)
    if (roll(seed, `discard ${id}`) < 0.2 || id === 'initech/Handbook/1')
      step('DocumentDiscarded', { do: 'deleteDocument', id });

  // The script was to remove empty collections. It was given those of a tenant.
  const theirs = collections.filter(({ tenant }) => tenant === victim);
  at += 2 * MINUTE;
  for (const { id } of theirs) step('CollectionCleanedUp', { do: 'deleteCollection', id }, 2 * SECOND);
  // The deploy restarted it.
  for (const { id } of theirs) step('CollectionCleanedUp', { do: 'deleteCollection', id }, 2 * SECOND);

  at += between(seed, 'notices', 5, 9) * MINUTE;
  const again = pick(seed, 'again', theirs as [Collection]);
  upload({ ...again, id: `${again.id} (new)` }, 2);
  step('ErasureAsked', { do: 'erase', tenant: 'initech' }, MINUTE);
  at += between(seed, 'support', 20, 40) * MINUTE;
  for (const { id } of theirs) step('RestoreAsked', { do: 'restoreCollection', id }, 5 * SECOND);
  step('PurgeBegan', { do: 'purge' }, RETENTION_MS - 2 * DAY);
  step('PurgeBegan', { do: 'purge' }, 3 * DAY);
  step('RestoreAsked', { do: 'restoreCollection', id: again.id }, MINUTE);
  return { steps, retentionMs: RETENTION_MS };
}

/** The same from its recording. */
export function recordedCleanUp({ events, at }: Recording): CleanUp {
  const steps = events.flatMap((event) => {
    const by = ASKED.find((type) => type === event.type);
    return by ? [{ at: at(event), by, act: event.data['act'] as KnowledgeAct, event: event.id }] : [];
  });
  return { ...cleanUp(RECORDED_SEED), steps };
}

/** Two workers take the steps in turn, one step after another. */
export async function playCleanUp(
  { steps, retentionMs }: CleanUp,
  { clock, history }: Run,
  { createKnowledgeBase, schema }: { createKnowledgeBase: CreateKnowledgeBase; schema: string },
): Promise<Ended[]> {
  const db = openDatabase({ schema });
  const model = new KnowledgeModel(retentionMs);
  const told: KnowledgeBaseEvent[] = [];
  const emit = (event: KnowledgeBaseEvent) => told.push(structuredClone(event));
  const workers = [1, 2].map((n) =>
    createKnowledgeBase({ sql: db.connect({ name: `worker ${n}` }).sql, emit }, { retentionMs }),
  );
  const words = new Map<string, string>();
  const ended: Ended[] = [];
  for (const [n, step] of steps.entries()) {
    await pass(clock, step.at - clock.now());
    const { act } = step;
    const stream = streamOf(act);
    const cause = history.record({ stream, type: step.by, data: { act } });
    const base = workers[n % 2] as (typeof workers)[number];
    if (act.do === 'addDocument') words.set(act.doc.id, act.doc.text.split(' ')[3] ?? '');
    told.length = 0;
    const end = await endOf(clock, perform(base, act));
    const should = model.act(act, Date.now());
    const wrong = step.by.endsWith('Uploaded') ? [] : await wrongReads(base, model, lookAt(model, stream, act));
    const left = await storedRows(
      db,
      should.gone.flatMap((id) => words.get(id) ?? []),
    );
    const outcome = { end, wrong, left, told: told.map(({ type }) => type) };
    const event = history.record({ stream, type: 'KnowledgeLookedAt', data: outcome, causationId: cause });
    ended.push({ step, should, end, told: [...told], wrong, left, event });
  }
  return ended;
}

/** The lists of a tenant, or of all; one by one where something was restored. */
function lookAt(model: KnowledgeModel, stream: string, act: KnowledgeAct): Look {
  const all = act.do === 'restoreCollection' ? model.ids().collections : [];
  const collections = all.filter((id) => id.startsWith(`${stream}/`));
  const tenants = TENANTS.filter((tenant) => stream === 'all' || stream === tenant);
  return { tenants, collections, docs: [], word: EVERYWHERE };
}

/** The tenant, or all of them. */
function streamOf(act: KnowledgeAct): string {
  switch (act.do) {
    case 'addCollection':
      return act.collection.tenant;
    case 'addDocument':
      return act.doc.id.split('/')[0] ?? 'all';
    case 'erase':
      return act.tenant;
    case 'purge':
      return 'all';
    default:
      return act.id.split('/')[0] ?? 'all';
  }
}
