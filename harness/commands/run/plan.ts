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

/** `group01-the-answers-stopped` → `The answers stopped`: the incident's name. */
export function incidentName({ slug }: Group): string {
  const words = slug.replace(/^group\d+-/, '').replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export const pointsOf = ({ points }: Kata): number => Object.values(points).reduce((sum, n) => sum + n, 0);
