import { createSeal } from '../../seal.ts';
import type { Prompt } from '../../seams/prompt-editor.ts';
import { settings } from '../../settings.ts';
import type { Office } from './deploy-world.ts';

/** What the people of the back office do in such a night, and what they find in the morning. */

const ITEM = settings.pricedItem;
const pages = (collection: string) => [1, 2, 3, 4].map((n) => `${collection}/page-${n}`);

export async function setPrice({ at, note }: Office, micros: number, why: string, validFrom: string): Promise<void> {
  try {
    const put = await at(`price ${why}`, async ({ prices }) => {
      const history = await prices.history(ITEM);
      const made = history.find((version) => version.why === why);
      return made ?? prices.put({ item: ITEM, micros, validFrom, by: 'finance', why, expected: history.length });
    });
    note('prices', 'PriceChanged', { item: ITEM, micros, version: put.version, validFrom });
  } catch (error) {
    note('prices', 'PriceNotTaken', { item: ITEM, micros, reason: String((error as Error).message) });
  }
}

/** Each charge, held against the price that we believed in when it was made. */
export async function explainCharges({ at, note, log, chargedAt }: Office): Promise<void> {
  for (const { data } of (await log.readAll()).filter(({ type }) => type === 'AnswerBilled')) {
    const question = String(data['question']);
    const when = chargedAt(question);
    const price = await at(`charge for ${question}`, ({ prices }) =>
      prices.asOf(ITEM, { validAt: when, knownAt: when }),
    );
    const explained = Math.round(((price?.micros ?? 0) * Number(data['tokens'])) / 1e6);
    if (explained === data['micros']) continue;
    note(`question-${question}`, 'ChargeNotExplained', { question, charged: data['micros'], explained });
  }
}

export async function fillKnowledgeBase({ at }: Office, tenant: string): Promise<void> {
  for (const name of ['handbook', 'prices']) {
    const collection = `${tenant}/${name}`;
    await at(collection, async ({ knowledge }) => {
      const there = await knowledge.collections(tenant);
      if (!there.some(({ id }) => id === collection)) await knowledge.addCollection({ id: collection, tenant, name });
    });
    for (const id of pages(collection)) {
      const doc = { id, collection, title: id, text: `What ${tenant} says about page ${id.at(-1)}` };
      await at(id, async ({ knowledge }) => {
        if (!(await knowledge.document(id))) await knowledge.addDocument(doc);
      });
    }
  }
  // One page is out of date and goes on purpose.
  await at('old page', ({ knowledge }) => knowledge.deleteDocument(`${tenant}/handbook/page-4`));
}

/** The wrong id in a clean-up script. */
export async function deleteByMistake({ at, note }: Office, tenant: string): Promise<void> {
  await at('delete', ({ knowledge }) => knowledge.deleteCollection(`${tenant}/handbook`));
  note(`tenant-${tenant}`, 'CollectionDeletedByMistake', { tenant, collection: `${tenant}/handbook`, documents: 3 });
}

export async function restore({ at, note }: Office, tenant: string): Promise<void> {
  const collection = `${tenant}/handbook`;
  const found = await at('restore', async ({ knowledge }) => {
    await knowledge.restoreCollection(collection).catch(() => {});
    return (await knowledge.documents(collection)).map(({ id }) => id);
  });
  const wanted = pages(collection).slice(0, 3);
  const wrong = wanted.filter((id) => !found.includes(id)).length + found.filter((id) => !wanted.includes(id)).length;
  note(`tenant-${tenant}`, 'KnowledgeBaseCompared', { tenant, collection, documents: found.length, wrong });
}

const PROMPT: Prompt = {
  title: 'Refunds',
  text: 'Answer from the handbook only.',
  variables: [{ name: 'days', value: '14', tags: ['policy'] }],
  model: { name: 'sol-large', temperature: 0.2, stop: ['---'] },
};

/** A prompt is edited; the draft waits in the browser over the deploy; the edit is taken back after it. */
export async function editPrompt({ seams, note }: Office, deploy: Promise<unknown>): Promise<void> {
  const ports = { seal: createSeal('drafts') };
  const before = (await seams()).createPromptEditor(ports, PROMPT, settings.editor);
  before.edit({ text: 'Answer from the handbook, and name the page.' });
  const draft = JSON.parse(JSON.stringify(before.save())) as ReturnType<typeof before.save>;
  await deploy;
  const after = (await seams()).createPromptEditor(ports, PROMPT, settings.editor);
  after.restore(draft);
  const kept = JSON.stringify(after.prompt());
  after.edit({ variables: [{ name: 'days', value: '30', tags: [] }], model: { temperature: 0.9 } });
  after.undo();
  const now = after.prompt();
  const was = JSON.parse(kept) as Prompt;
  const wrong = (Object.keys(was) as (keyof Prompt)[]).filter(
    (field) => JSON.stringify(now[field]) !== JSON.stringify(was[field]),
  );
  const lost = was.text === 'Answer from the handbook, and name the page.' ? [] : ['text'];
  note('prompts', 'PromptTakenBack', { wrong: [...new Set([...wrong, ...lost])] });
}

/** Somebody with access to the disk takes an entry out of the log of one question. */
export async function editLog({ seed, log, note }: Office, question: string): Promise<void> {
  await log.tamper(seed, `audit-${question}`, 'removed', 0);
  note('disk', 'LogTampered', { log: `audit-${question}`, how: 'removed', entry: 0 });
}

/** The auditor's morning: which streams are as they were written, and what they leave out. */
export async function auditLog({ at, note }: Office, questions: readonly string[]): Promise<void> {
  for (const question of questions) {
    const log = `audit-${question}`;
    const verdict = await at(`verify ${log}`, ({ audit }) => audit.verify(log));
    const entries = await at(`read ${log}`, async ({ audit }) =>
      audit.read(log).then(
        (found) => found.map(({ type }) => type),
        (): string[] => [],
      ),
    );
    note('auditor', 'LogAudited', { log, intact: verdict.intact, entries: entries.length });
  }
}

/** The totals that tenants see, held against what the log says. */
export async function checkTotals({ at, note, log }: Office): Promise<void> {
  const due = new Map<string, number>();
  for (const { type, data } of await log.readAll()) {
    if (type !== 'AnswerBilled') continue;
    due.set(String(data['tenant']), (due.get(String(data['tenant'])) ?? 0) + Number(data['micros']));
  }
  const shown = await at('totals', async ({ totals }) => {
    await totals.catchUp();
    return totals.totals();
  });
  for (const [tenant, micros] of due) {
    note(`tenant-${tenant}`, 'TotalShown', { tenant, due: micros, shown: shown[tenant]?.micros ?? 0 });
  }
}

export const rebuildTotals = ({ at }: Office): Promise<void> => at('rebuild', ({ totals }) => totals.rebuild());

/** What was acknowledged of the questions that were answered, and must still be there. */
export async function checkBooks(
  { at, note, answered }: Office,
  rated: readonly string[],
  asked: readonly string[],
): Promise<void> {
  for (const question of asked.filter(answered)) {
    const view = await at(`view of ${question}`, ({ records }) => records.view(question));
    const undone = [
      ...(view?.deliveries.some(({ state }) => state === 'sent') ? [] : ['delivery']),
      ...(view?.feedback.length === 1 || !rated.includes(question) ? [] : ['feedback']),
      ...(view?.question.status === 'closed' || !rated.includes(question) ? [] : ['question']),
      ...(view?.answers.length === 1 ? [] : ['answer']),
    ];
    if (undone.length > 0) note(`question-${question}`, 'WriteUndone', { question, undone });
  }
}
