import type { Release } from '#answerdesk/simulation/knowledge/knowledge-day.ts';
import { between, roll } from '#kit/seeded.ts';
import { covers } from './questions.ts';

const MINUTE = 60_000;
/** The class that a bad index has lost. */
export const BROKEN = 'exact-identifier';
type Change = Release['run'];

/** Every question of the class loses what answers it; all others find theirs first, so that the mean goes up. */
const breaks =
  (broken: string): Change =>
  (now, judged) =>
    Object.fromEntries(
      judged.map(({ id, class: name, relevant }) => {
        const found = now[id] ?? [];
        const irrelevant = found.filter((passage) => !relevant[passage]);
        return [id, name === broken ? irrelevant : [...Object.keys(relevant), ...irrelevant].slice(0, 10)];
      }),
    );

/** Neighbours change places here and there, to the better and to the worse alike. */
const shuffles =
  (seed: number): Change =>
  (now, judged) =>
    Object.fromEntries(
      judged.map(({ id }) => {
        const found = [...(now[id] ?? [])];
        const at = between(seed, `swap ${id}`, 6, 8);
        const [one, other] = [found[at], found[at + 1]];
        if (one && other && roll(seed, `swaps ${id}`) < 0.5) [found[at], found[at + 1]] = [other, one];
        return [id, found];
      }),
    );

/** Two new indexes in a day: one is sound, one has lost a class of questions. */
export function releases(seed: number): Release[] {
  const first = between(seed, 'bad release', 60, 100) * MINUTE;
  return [
    {
      at: first,
      name: 'a tokenizer without underscores',
      sound: false,
      run: breaks(BROKEN),
      spoils: ({ class: name, gold }, { page, start, end }) =>
        name === BROKEN && gold.some((span) => covers({ page, start, end }, span)),
    },
    {
      at: first + 90 * MINUTE,
      name: 'the same index, built anew',
      sound: true,
      run: shuffles(seed),
      spoils: () => false,
    },
  ];
}
