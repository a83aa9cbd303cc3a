import type { CreateNaiveRag, EmbeddedPassage, NaiveRag, Provenance } from '#answerdesk/seams/naive-rag.ts';

/** `fastify-4/Reference/Logging.md#1204-1893` */
function provenanceOf(id: string): Provenance {
  const [page = '', range = ''] = id.split('#');
  const [start = 0, end = 0] = range.split('-').map(Number);
  return { id, page, start, end };
}

const similarity = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, x, n) => sum + x * (b[n] ?? 0), 0);

export const createNaiveRag: CreateNaiveRag = ({ embed, generate }, { k }) => {
  const index: EmbeddedPassage[] = [];

  // TODO: the nearest is the one whose direction is nearest, however long its vector is.
  // TODO: the same index and the same question give the same list, whatever order the passages came in.
  const search: NaiveRag['search'] = async (question, most, among) => {
    const { vector } = await embed(question);
    return index
      .filter(({ passage }) => !among || among.has(passage.id))
      .map((entry) => ({ id: entry.passage.id, score: similarity(entry.vector, vector) }))
      .sort((a, b) => b.score - a.score)
      .slice(0, most);
  };

  return {
    // TODO: what is in the index can be compared, each with each and with any question.
    // TODO: a passage that has changed is there once, as it is now.
    add(passages) {
      index.push(...passages);
    },

    search,

    // TODO: without a document there is no answer, and it is said why.
    // TODO: every passage of an answer can be looked up where it came from.
    async answer(question) {
      const hits = await search(question, k);
      const found = hits.map(({ id }) => index.find(({ passage }) => passage.id === id)?.passage.text);
      const prompt = `Answer from these documents.\n\n${found.join('\n\n---\n\n')}\n\nQuestion: ${question}\n`;
      return { answered: true, text: await generate(prompt), passages: hits.map(({ id }) => provenanceOf(id)) };
    },
  };
};
