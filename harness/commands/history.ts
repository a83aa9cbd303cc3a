import { loadCatalogue } from '../catalogue/load.ts';
import { selectKata } from '../catalogue/select.ts';
import { kataOnMap } from '../progress/learning-map.ts';
import { historyOf } from '../progress/timeline.ts';
import { historyLines } from '../report/history-lines.ts';
import { courseOf } from './progress/course-of.ts';
import { FileDigests } from './progress/digests-of.ts';
import { openForReading } from './progress/open-for-reading.ts';
import type { Terminal } from './terminal.ts';

/** Everything that was done on one kata, event by event; with `json` the events themselves, a line each. */
export async function history(
  root: string,
  { name, json }: { name: string; json: boolean },
  { print, screen }: Terminal,
): Promise<number> {
  const catalogue = loadCatalogue(root);
  const { id } = selectKata(catalogue, name);
  const learning = await openForReading(root);
  try {
    const events = await learning.journal.history();
    if (json) {
      print(events.filter(({ data }) => 'kata' in data && data.kata === id).map((event) => JSON.stringify(event)));
      return 0;
    }
    const course = courseOf(catalogue, new FileDigests(root));
    const kata = course.groups.flatMap(({ katas }) => katas).find((one) => one.id === id);
    if (kata) print(historyLines(kataOnMap(kata, learning.journal.standing), historyOf(id, events), screen));
    return 0;
  } finally {
    await learning.close();
  }
}
