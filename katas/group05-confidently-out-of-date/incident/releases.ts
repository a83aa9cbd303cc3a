import type { Release } from '#answerdesk/simulation/knowledge/knowledge-day.ts';
import { between, shuffled } from '#kit/seeded.ts';
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

/** What answers nothing stands in another order; what answers stays where it was. */
const shuffles =
  (seed: number): Change =>
  (now, judged) =>
    Object.fromEntries(
      judged.map(({ id, relevant }) => {
        const found = now[id] ?? [];
        const others = shuffled(
          seed,
          id,
          found.filter((passage) => !relevant[passage]),
        );
        return [id, found.map((passage) => (relevant[passage] ? passage : (others.pop() ?? passage)))];
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
