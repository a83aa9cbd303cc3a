import { readdirSync } from 'node:fs';
import { createKnowledgeDesk, type DeskAnswer } from '#answerdesk/knowledge/desk.ts';
import type { KnowledgeSeams } from '#answerdesk/knowledge/seams.ts';
import { knowledgeSettings as settings } from '#answerdesk/knowledge/settings.ts';
import type { Message } from '#answerdesk/knowledge.ts';
import { openKnowledge } from './knowledge.ts';
import { countTokens, ownPages, tenants } from './library.ts';
import { findOrders, findSecrets } from './scanner.ts';

export interface LiveQuestion {
  text: string;
  tenant: string;
  roles: readonly string[];
  /** Today, ISO 8601. */
  asOf: string;
}

export interface LiveAnswer {
  answer: DeskAnswer;
  /** The tenant's major of Fastify. */
  major: number;
  messages: readonly Message[];
  tokens: number;
  /** Each citation with the line on which it begins, from 1, and what stands there. */
  cited: readonly { page: string; line: number; quote: string }[];
}

export const liveTenants = (): string[] => tenants.map(({ tenant }) => tenant);

/** The katas as they stand in their folders. */
async function seamsHere(): Promise<KnowledgeSeams> {
  const group = new URL('../', import.meta.url);
  const folders = readdirSync(group).filter((name) => /^\d\d-/.test(name));
  const katas = await Promise.all(folders.map((folder) => import(new URL(`${folder}/kata.ts`, group).href)));
  return Object.assign({}, ...katas) as KnowledgeSeams;
}

/** Asks a model of the asker's own, through the katas as they stand. Nothing of it is graded. */
export async function askLive(
  { text, tenant, roles, asOf }: LiveQuestion,
  chat: (messages: readonly Message[]) => Promise<string>,
): Promise<LiveAnswer> {
  const seams = await seamsHere();
  const { indexes } = await openKnowledge(seams);
  const [index] = indexes;
  const major = tenants.find((one) => one.tenant === tenant)?.major ?? 5;
  const pages = new Map(index.pages.map((page) => [page.id, page]));
  let sent: readonly Message[] = [];
  const desk = createKnowledgeDesk(seams, settings, {
    countTokens,
    emit: () => {},
    page: (id) => pages.get(id),
    inScope: async () => 1,
    scan: async (passage) => findOrders(passage),
    findSecrets: (passage) => findSecrets(passage, ownPages),
    summarize: (turns) => chat([{ role: 'user', content: `Summarise:\n${turns.map((turn) => turn.text).join('\n')}` }]),
    retrieve: async ({ scope }) => {
      const { hits } = await index.search(text, settings.k, scope);
      return hits.flatMap(({ id, score }) => {
        const passage = index.passage(id);
        return passage ? [{ passage, score }] : [];
      });
    },
    chat: (_, messages) => {
      sent = messages;
      return chat(messages);
    },
  });
  const scope = { tenant, roles, version: String(major), asOf };
  const answer = await desk.answer({ id: 'live', text, scope, history: [] });
  const citations = answer.abstained ? [] : answer.claims.flatMap((claim) => claim.citations);
  const cited = citations.map(({ page, start, end }) => {
    const whole = pages.get(page)?.text ?? '';
    return { page, line: whole.slice(0, start).split('\n').length, quote: whole.slice(start, end) };
  });
  const tokens = sent.reduce((sum, { content }) => sum + countTokens(content), 0);
  return { answer, major, messages: sent, tokens, cited };
}
