import { roll } from '#kit/seeded.ts';
import type { Turn } from '../../seams/compression.ts';

/**
 * A model's summary of some turns: the first words of each, as many as there is room for. One time in three it drops a
 * negation or a figure on the way, or adds what nobody said.
 */
export function unreliableSummary(seed: number, turns: readonly Turn[], words: number): string {
  const each = Math.max(4, Math.floor(words / Math.max(1, turns.length)));
  const id = turns.map((turn) => turn.id).join(' ');
  const short = turns.map(({ text }) => text.split(/\s+/).slice(0, each).join(' ')).join(' ');
  const luck = roll(seed, `summary ${id}`);
  if (luck < 0.12) return short.replace(/\b(not|never|no)\b ?/gi, '');
  if (luck < 0.24) return short.replace(/\d+/g, 'some');
  if (luck < 0.33) return `${short} They have agreed to pay 499.`;
  return short;
}
