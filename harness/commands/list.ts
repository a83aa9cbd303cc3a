import { relative } from 'node:path';
import type { Catalogue, Kata } from '../catalogue/catalogue.ts';
import { GROUP_NAMES } from '../catalogue/group-names.ts';
import { loadCatalogue } from '../catalogue/load.ts';
import { problemLine } from '../kernel/problem.ts';
import { listLines, type MapGroup } from '../report/list-lines.ts';
import { paragraph } from '../report/text.ts';
import { pointsOf } from './run/plan.ts';
import { isUntouched } from './run/untouched.ts';
import type { Terminal } from './terminal.ts';

/** The map: which groups and katas there are. With `json` one object: `{ groups, problems }`. */
export async function list(root: string, { json }: { json: boolean }, { print, screen }: Terminal): Promise<number> {
  const catalogue = loadCatalogue(root);
  if (json) {
    print([JSON.stringify({ groups: mapOf(catalogue), problems: catalogue.problems })]);
    return 0;
  }
  print(listLines(mapOf(catalogue), screen));
  if (catalogue.problems.length > 0) {
    print(['', 'Left out, or only there in part:']);
    print(catalogue.problems.flatMap((problem) => paragraph(problemLine(problem), screen.columns, '  ')));
  }
  return 0;
}

type ListedGroup = MapGroup & { path: string | null; katas: (MapGroup['katas'][number] & { path: string })[] };

function mapOf({ root, groups }: Catalogue): ListedGroup[] {
  return Object.entries(GROUP_NAMES).map(([key, name]) => {
    const group = groups.find(({ number }) => number === Number(key));
    const katas = (group?.katas ?? []).map((kata) => listed(root, kata));
    return {
      number: Number(key),
      name,
      here: group !== undefined,
      path: group ? relative(root, group.folder) : null,
      katas,
    };
  });
}

function listed(root: string, kata: Kata): ListedGroup['katas'][number] {
  const { id, title, pattern, folder } = kata;
  return { id, title, pattern, path: relative(root, folder), points: pointsOf(kata), edited: !isUntouched(kata) };
}
