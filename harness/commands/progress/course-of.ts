import { relative } from 'node:path';
import type { Catalogue, Kata } from '../../catalogue/catalogue.ts';
import { GROUP_NAMES } from '../../catalogue/group-names.ts';
import { type Course, type CourseKata, KATAS_PER_GROUP } from '../../progress/course.ts';
import { editionDigest } from '../../progress/evolve.ts';
import { recommendedOrder } from '../../report/next-step.ts';
import { pointsOf } from '../run/plan.ts';
import { isUntouched } from '../run/untouched.ts';
import type { FileDigests } from './digests-of.ts';

/** What this copy has to learn from, with the files as they are now. */
export function courseOf({ root, groups }: Catalogue, digests: FileDigests): Course {
  return {
    groups: recommendedOrder.map((number) => {
      const group = groups.find((one) => one.number === number);
      const katas = (group?.katas ?? []).map((kata) => courseKata(root, kata, digests));
      return {
        number,
        name: GROUP_NAMES[number] ?? `Group ${number}`,
        here: group !== undefined,
        size: Math.max(KATAS_PER_GROUP[number] ?? 0, katas.length),
        gate: group ? digests.ofGate(group) : null,
        katas,
      };
    }),
  };
}

/** The katas that are here, in the order in which they are best taken. */
export function orderOf({ groups }: Catalogue): string[] {
  return recommendedOrder.flatMap(
    (number) => groups.find((group) => group.number === number)?.katas.map(({ id }) => id) ?? [],
  );
}

function courseKata(root: string, kata: Kata, digests: FileDigests): CourseKata {
  const { id, title, pattern, folder, file, points } = kata;
  return {
    id,
    title,
    pattern,
    path: relative(root, folder),
    points: pointsOf(kata),
    behaviours: Object.entries(points).map(([behaviour, most]) => ({ id: behaviour, points: most })),
    edition: editionDigest(digests.ofKata(kata)),
    answer: digests.short(file) || null,
    untouched: isUntouched(kata),
  };
}
