/**
 * Seeded randomness keyed by a name. A number depends on the seed and the name only, never on how many were drawn
 * before, so an answer that makes other calls meets the same world.
 */
export function roll(seed: number, name: string): number {
  let hash = 2166136261 ^ Math.imul(seed, 0x9e3779b1);
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 16777619);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** A whole number in [low, high]. */
export function between(seed: number, name: string, low: number, high: number): number {
  return low + Math.floor(roll(seed, name) * (high - low + 1));
}

/** One of the choices. */
export function pick<T>(seed: number, name: string, choices: readonly [T, ...T[]]): T {
  return choices[between(seed, name, 0, choices.length - 1)] as T;
}

/** The same items in a seeded order. */
export function shuffled<T>(seed: number, name: string, items: readonly T[]): T[] {
  return items
    .map((item, n) => ({ item, key: roll(seed, `${name} ${n}`) }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

/** An endless seeded sequence in [0, 1), for code that asks for `random()`. */
export function sequence(seed: number, name: string): () => number {
  let n = 0;
  return () => roll(seed, `${name} ${n++}`);
}
