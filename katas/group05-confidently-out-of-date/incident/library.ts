import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Metadata, Page } from '#answerdesk/knowledge.ts';

const CORPUS = new URL('./corpus/', import.meta.url);

const lines = (file: string): string[] => readFileSync(new URL(file, CORPUS), 'utf8').split('\n').filter(Boolean);
const json = <T>(file: string): T => JSON.parse(readFileSync(new URL(file, CORPUS), 'utf8')) as T;

/** Companies whose support desk this is, each on a major of Fastify. Invented, as their pages are. */
export interface Tenant {
  tenant: string;
  major: 3 | 4 | 5;
}
export const tenants: readonly Tenant[] = json('tenant-pages/tenants.json');

/** What is known of a tenant's page and isn't told to an answer. */
export interface OwnPage {
  page: string;
  secrets?: readonly string[];
  /** Orders to the model that stand in it. `reads` is what they say where they are hidden. */
  hostile?: { kind: string; quote: string; reads?: string };
  /** It is about such orders, and quotes one. */
  mentionsInjection?: boolean;
}
type IndexedPage = OwnPage & Required<Omit<Metadata, 'readers'>> & { readers: string[] };
export const ownPages: readonly OwnPage[] = json<IndexedPage[]>('tenant-pages/pages.json');

interface DocumentPublished {
  data: Metadata & { page: string; text: string };
}

const metadataOf = ({ tenant, product, version, validFrom, validUntil, readers }: Metadata): Metadata =>
  ({ tenant, product, version, validFrom, validUntil, readers }) as Metadata;

function published(major: number): Page[] {
  return lines(`fastify-${major}.jsonl`).map((line) => {
    const { data } = JSON.parse(line) as DocumentPublished;
    return { id: data.page, text: data.text, metadata: metadataOf(data) };
  });
}

const written = (): Page[] =>
  json<IndexedPage[]>('tenant-pages/pages.json').map((own) => ({
    id: own.page,
    text: readFileSync(new URL(`tenant-pages/${own.page}`, CORPUS), 'utf8'),
    metadata: metadataOf(own),
  }));

let all: readonly Page[] | undefined;
/** Every page of every tenant's knowledge base: the documentation of three majors, and the tenants' own. */
export const pages = (): readonly Page[] => {
  all ??= [...[3, 4, 5].flatMap(published), ...written()];
  return all;
};

type CountTokens = (text: string, options: { allowedSpecial: 'all' }) => number;
let countIn: CountTokens | undefined;
/** Loaded where something is counted: it takes as long as all the rest together. */
function tokenizer(): CountTokens {
  countIn ??= (createRequire(import.meta.url)('gpt-tokenizer/cjs/encoding/cl100k_base') as { countTokens: CountTokens })
    .countTokens;
  return countIn;
}

const counts = new Map<string, number>();
/** Tokens of the chat model (cl100k). Counts are kept: suites ask for the same texts again and again. */
export function countTokens(text: string): number {
  const known = counts.get(text);
  if (known !== undefined) return known;
  const count = tokenizer()(text, { allowedSpecial: 'all' });
  counts.set(text, count);
  return count;
}
