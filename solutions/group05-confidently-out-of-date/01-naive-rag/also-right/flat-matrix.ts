// A class: one flat Float32Array for all directions, rows by id, and a bounded insertion instead of a full sort.
import type { Passage } from '#answerdesk/knowledge.ts';
import type {
  CreateNaiveRag,
  EmbeddedPassage,
  Embedding,
  NaiveRag,
  NaiveRagPorts,
  NaiveRagSettings,
  RagAnswer,
} from '#answerdesk/seams/naive-rag.ts';

interface Found {
  id: string;
  score: number;
}

class FlatIndex implements NaiveRag {
  readonly #ports: NaiveRagPorts;
  readonly #settings: NaiveRagSettings;
  #matrix = new Float32Array(0);
  readonly #passages: Passage[] = [];
  readonly #rows = new Map<string, number>();

  constructor(ports: NaiveRagPorts, settings: NaiveRagSettings) {
    this.#ports = ports;
    this.#settings = settings;
  }

  async add(passages: readonly EmbeddedPassage[]): Promise<void> {
    const rows = passages.map((each) => this.#unit(each));
    if (rows.some((row) => row === null)) throw this.#refusal('a passage without a direction');
    for (const [n, { passage }] of passages.entries()) {
      const row = this.#rows.get(passage.id) ?? this.#grow(passage.id);
      this.#passages[row] = Object.freeze({ ...passage });
      this.#matrix.set(rows[n] as Float32Array, row * this.#settings.dimensions);
    }
  }

  async search(question: string, k: number, among?: ReadonlySet<string>): Promise<readonly Found[]> {
    const asked = this.#unit(await this.#ports.embed(question));
    if (asked === null) return Object.freeze([]);
    const best: Found[] = [];
    for (const [id, row] of this.#rows) {
      if (among && !among.has(id)) continue;
      const found = { id, score: this.#dot(asked, row) };
      const place = best.findIndex((other) => this.#before(found, other));
      if (place >= 0) best.splice(place, 0, found);
      else best.push(found);
      if (best.length > k) best.pop();
    }
    return Object.freeze(best);
  }

  async answer(question: string): Promise<RagAnswer> {
    const hits = this.#rows.size > 0 ? await this.search(question, this.#settings.k) : [];
    if (hits.length === 0) {
      const reason = this.#rows.size > 0 ? 'nothing found' : 'nothing indexed';
      this.#ports.emit({ type: 'QuestionUnanswered', data: { reason } });
      return Object.freeze({ answered: false, reason });
    }
    const passages = hits.map(({ id }) => this.#passages[this.#rows.get(id) as number] as Passage);
    const context = passages.map((one, n) => `[${n + 1}] ${one.headings.join(' > ')}\n${one.text.trim()}`);
    const text = await this.#ports.generate(`${question}\n\nUse only this:\n${context.join('\n\n')}\n\n${question}`);
    return { answered: true, text, passages: passages.map(({ id, page, start, end }) => ({ id, page, start, end })) };
  }

  #before(a: Found, b: Found): boolean {
    return a.score === b.score ? a.id < b.id : a.score > b.score;
  }

  #dot(asked: Float32Array, row: number): number {
    const offset = row * this.#settings.dimensions;
    return asked.reduce((sum, x, d) => sum + x * (this.#matrix[offset + d] ?? 0), 0);
  }

  #grow(id: string): number {
    const row = this.#rows.size;
    const { dimensions } = this.#settings;
    if ((row + 1) * dimensions > this.#matrix.length) {
      const wider = new Float32Array(Math.max(64, 2 * row) * dimensions);
      wider.set(this.#matrix);
      this.#matrix = wider;
    }
    this.#rows.set(id, row);
    return row;
  }

  /** Null: no direction. */
  #unit({ model, vector }: Embedding): Float32Array | null {
    const { length } = vector;
    if (model !== this.#settings.model || length !== this.#settings.dimensions)
      throw this.#refusal(`${model}/${length}`);
    let squares = 0;
    for (let d = 0; d < length; d++) squares += (vector[d] as number) ** 2;
    if (!Number.isFinite(squares)) throw this.#refusal('not a number');
    return squares === 0 ? null : Float32Array.from(vector, (x) => x / Math.sqrt(squares));
  }

  #refusal(what: string): Error {
    return Object.assign(new Error(`${what} doesn't belong among ${this.#settings.model}`), {
      code: 'EMBEDDING_REFUSED',
    });
  }
}

export const createNaiveRag: CreateNaiveRag = (ports, settings) => new FlatIndex(ports, settings);
