import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Catalogue, Group, Kata } from '../../catalogue/catalogue.ts';
import type { Selection } from '../../catalogue/select.ts';
import { recommendedOrder } from '../../report/next-step.ts';

/** What a run does in one group. `whole`: all its katas were asked for, so its gate decides too. */
export interface GroupPlan {
  group: Group;
  katas: Kata[];
  whole: boolean;
}

/** The groups in the recommended order, each with the katas that were asked for. */
export function planOf({ groups }: Catalogue, selection: Selection): GroupPlan[] {
  const rank = (group: Group) => {
    const place = recommendedOrder.indexOf(group.number);
    return place < 0 ? recommendedOrder.length : place;
  };
  return groups
    .map((group) => {
      const katas = selection.katas.filter((kata) => kata.group === group.number);
      return { group, katas, whole: selection.groups.includes(group) };
    })
    .filter(({ katas, whole }) => katas.length > 0 || whole)
    .sort((a, b) => rank(a.group) - rank(b.group));
}

/** The incident's name: what the group's page says after the dash of its heading, or its folder in words. */
export function incidentName({ slug, folder }: Group): string {
  const words = slug.replace(/^group\d+-/, '').replaceAll('-', ' ');
  const file = join(folder, 'README.md');
  const heading = existsSync(file) ? /^# .* — (.+)$/m.exec(readFileSync(file, 'utf8'))?.[1] : undefined;
  return heading?.trim() ?? words.charAt(0).toUpperCase() + words.slice(1);
}

export const pointsOf = ({ points }: Kata): number => Object.values(points).reduce((sum, n) => sum + n, 0);
