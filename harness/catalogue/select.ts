import { distance } from 'fastest-levenshtein';
import { HarnessError } from '../kernel/harness-error.ts';
import type { Catalogue, Group, Kata } from './catalogue.ts';

/** What was asked for. A group asked for as a whole comes with all its katas in `katas` too. */
export interface Selection {
  /** Groups asked for as a whole, so that their gate and incident belong to the run. */
  groups: Group[];
  /** In the order of the map, each once. */
  katas: Kata[];
}

/**
 * Resolves `group1`, `group01`, `1`, `1.5`, `group1/05`, folder names and `all`.
 * Throws GROUP_UNKNOWN or KATA_UNKNOWN with the nearest names.
 */
export function select(catalogue: Catalogue, names: readonly string[]): Selection {
  const groups = new Set<Group>();
  const katas = new Set<Kata>();
  for (const name of names) {
    const found = resolve(catalogue, name);
    for (const group of found.groups) groups.add(group);
    for (const kata of [...found.katas, ...found.groups.flatMap((group) => group.katas)]) katas.add(kata);
  }
  const all = catalogue.groups.flatMap((group) => group.katas);
  return {
    groups: catalogue.groups.filter((group) => groups.has(group)),
    katas: all.filter((kata) => katas.has(kata)),
  };
}

/** One kata by any of its names. Throws KATA_UNKNOWN where the name means none, or a whole group. */
export function selectKata(catalogue: Catalogue, name: string): Kata {
  const { groups, katas } = resolve(catalogue, name);
  const [kata] = katas;
  if (!kata || groups.length > 0) {
    throw new HarnessError('KATA_UNKNOWN', `"${name}" is a group; name one kata, such as ${exampleOf(groups[0])}.`);
  }
  return kata;
}

/** One group by any of its names; a kata's name means its group. */
export function selectGroup(catalogue: Catalogue, name: string): Group {
  const { groups, katas } = resolve(catalogue, name);
  const group = groups[0] ?? catalogue.groups.find(({ number }) => number === katas[0]?.group);
  if (!group) throw unknown(catalogue, name);
  return group;
}

function resolve(catalogue: Catalogue, name: string): { groups: Group[]; katas: Kata[] } {
  const asked = name
    .toLowerCase()
    .replace(/^(\.\/)?katas\//, '')
    .replace(/\/+$/, '');
  if (asked === 'all') return { groups: catalogue.groups, katas: [] };
  const [groupPart = '', kataPart, ...rest] = /^\d+\.\d+$/.test(asked) ? asked.split('.') : asked.split('/');
  const group = catalogue.groups.find((candidate) => isGroup(candidate, groupPart));
  if (group && rest.length <= 1) {
    if (kataPart === undefined || kataPart === '') return { groups: [group], katas: [] };
    const kata = group.katas.find((candidate) => isKata(candidate, kataPart));
    if (kata) return { groups: [], katas: [kata] };
  }
  const bySlug = catalogue.groups.flatMap(({ katas }) => katas).filter((kata) => isSlug(kata, asked));
  if (bySlug.length === 1) return { groups: [], katas: bySlug };
  throw unknown(catalogue, name);
}

function isGroup({ number, slug }: Group, asked: string): boolean {
  const digits = /^(?:group)?0*(\d+)$/.exec(asked)?.[1];
  return digits === undefined ? slug === asked || slug.replace(/^group\d+-/, '') === asked : Number(digits) === number;
}

function isKata(kata: Kata, asked: string): boolean {
  return /^\d+$/.test(asked) ? Number(asked) === kata.number : isSlug(kata, asked);
}

function isSlug({ slug }: Kata, asked: string): boolean {
  return slug === asked || slug.replace(/^\d+-/, '') === asked;
}

function unknown(catalogue: Catalogue, name: string): HarnessError {
  const kataLike = /[./]/.test(name);
  const code = kataLike ? 'KATA_UNKNOWN' : 'GROUP_UNKNOWN';
  const katas = catalogue.groups.flatMap(({ katas }) => katas);
  const groupNames = catalogue.groups.flatMap(({ number, slug }) => [`group${number}`, slug]);
  const near = nearest(name.toLowerCase(), [...katas.flatMap(({ id, slug }) => [id, slug]), ...groupNames]);
  const known = `'kata list' shows all ${katas.length} katas and ${catalogue.groups.length} ${catalogue.groups.length === 1 ? 'group' : 'groups'}`;
  const offer = near.length === 0 ? '' : ` Did you mean ${near.join(' or ')}?`;
  return new HarnessError(code, `There is no group or kata "${name}".${offer} (${known}.)`);
}

function nearest(asked: string, names: readonly string[]): string[] {
  return names
    .map((name) => ({ name, far: distance(asked, name) }))
    .filter(({ name, far }) => far <= Math.max(2, Math.floor(name.length / 3)))
    .sort((a, b) => a.far - b.far)
    .slice(0, 3)
    .map(({ name }) => name);
}

function exampleOf(group: Group | undefined): string {
  return group?.katas[0]?.id ?? '1.5';
}
