// A class; every turn is a part of its own, shortened from the oldest on and only until all fits.
import type { CompressedPart, CompressionPorts, CreateCompression, Turn } from '#answerdesk/seams/compression.ts';

const FACT = /\[\d+\]|[A-Za-z]+(?:[-_][A-Za-z0-9]+)+|\d+(?:[.,:-]\d+)*|[a-z]+[A-Z]\w*|[A-Z]{2,}\w*/g;
const DENIAL = /\b(not|no|never|without|cannot|nothing)\b|n['’]t\b/i;

class Compressor {
  readonly #ports: CompressionPorts;
  readonly #segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });

  constructor(ports: CompressionPorts) {
    this.#ports = ports;
  }

  async compress(turns: readonly Turn[], maxTokens: number): Promise<CompressedPart[]> {
    const parts = turns.map(({ id, tenant, text }): CompressedPart => ({ tenant, turns: [id], text, how: 'kept' }));
    const bound = turns.filter(({ isConstraint }) => isConstraint);
    if (this.#size(bound) > maxTokens) throw Object.assign(new Error(), { code: 'CONSTRAINTS_TOO_LONG' });
    const free = [...turns.keys()].filter((n) => !turns[n]?.isConstraint);
    const isOver = () => this.#size(parts) > maxTokens;
    for (const n of free) if (isOver()) parts[n] = this.#extract(turns[n] as Turn);
    for (const n of free) if (isOver()) parts[n] = await this.#summary(turns[n] as Turn, parts[n] as CompressedPart);
    const left: string[] = [];
    for (const n of free)
      if (isOver() && parts[n]?.text) {
        left.push((turns[n] as Turn).id);
        parts[n] = { ...(parts[n] as CompressedPart), text: '' };
      }
    if (left.length > 0) this.#ports.emit({ type: 'TurnsLeftOut', data: { turns: left } });
    return parts.filter(({ text }) => text);
  }

  #size(parts: readonly { text: string }[]): number {
    let sum = 0;
    for (const { text } of parts) sum += this.#ports.countTokens(text);
    return sum;
  }

  #sentences(text: string): string[] {
    return [...this.#segmenter.segment(text)].map(({ segment }) => segment.trim());
  }

  #facts(text: string): string[] {
    const names = this.#sentences(text).flatMap((sentence) =>
      sentence
        .split(/\W+/)
        .slice(1)
        .filter((word) => /^[A-Z][a-z]+$/.test(word)),
    );
    return [...new Set([...(text.match(FACT) ?? []), ...names])].sort();
  }

  #denied(text: string): string[] {
    return this.#sentences(text).filter((sentence) => DENIAL.test(sentence));
  }

  #extract({ id, tenant, text }: Turn): CompressedPart {
    const bearing = this.#sentences(text).filter((one) => this.#facts(one).length > 0 || DENIAL.test(one));
    return { tenant, turns: [id], text: bearing.join(' '), how: 'extracted' };
  }

  async #summary(turn: Turn, part: CompressedPart): Promise<CompressedPart> {
    if (!part.text) return part;
    const [text, reason] = await this.#ports.summarize([turn], this.#size([part]) >> 1).then(
      (summary) => [summary, this.#objection(part.text, summary)] as const,
      () => ['', 'failed'] as const,
    );
    if (!reason) return { ...part, text, how: 'summarized' };
    this.#ports.emit({ type: 'SummaryRefused', data: { turns: part.turns, reason } });
    return part;
  }

  #objection(source: string, summary: string): string | undefined {
    if (this.#size([{ text: summary }]) >= this.#size([{ text: source }])) return 'longer';
    if (JSON.stringify(this.#facts(source)) !== JSON.stringify(this.#facts(summary))) return 'other facts';
    const factsOfDenied = (text: string) => JSON.stringify(this.#denied(text).map((one) => this.#facts(one)));
    return factsOfDenied(source) === factsOfDenied(summary) ? undefined : 'other denials';
  }
}

export const createCompression: CreateCompression = (ports) => {
  const compressor = new Compressor(ports);
  return (turns, maxTokens) => compressor.compress(turns, maxTokens);
};
