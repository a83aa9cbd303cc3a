import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { digestsFile, digestsText } from '../catalogue/digests.ts';
import { loadCatalogue } from '../catalogue/load.ts';
import { select } from '../catalogue/select.ts';
import { openGrader } from '../grading/grader.ts';
import { planRecording } from './recording/group-recording.ts';
import type { Terminal } from './terminal.ts';
import { closing, untilAborted } from './until.ts';

/** Records the incidents of groups again from their scripts, on the starters, and notes the new digests. */
export async function record(root: string, names: readonly string[], terminal: Terminal): Promise<number> {
  const catalogue = loadCatalogue(root);
  const { groups, katas } = select(catalogue, names);
  const concerned = catalogue.groups.filter(
    (group) => groups.includes(group) || katas.some((kata) => kata.group === group.number),
  );
  const folder = mkdtempSync(join(tmpdir(), 'kata-recording-'));
  const grader = await openGrader({ root });
  const recording = async () => {
    for (const group of concerned) {
      const plan = await planRecording(group, group.katas, folder);
      await untilAborted(grader.grade(plan.requests), terminal);
      for (const [file, text] of plan.texts()) {
        const before = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
        if (before !== text) writeFileSync(file, text);
        const state = before === undefined ? 'new' : before === text ? 'the same, byte for byte' : 'changed';
        const [lines, kilobytes] = [text.split('\n').length - 1, (Buffer.byteLength(text) / 1024).toFixed(0)];
        terminal.print([`${relative(root, file)}  ${lines} events, ${kilobytes} KB, ${state}`]);
      }
    }
    writeFileSync(digestsFile(root), digestsText(catalogue));
    return 0;
  };
  return closing(grader, recording).finally(() => rmSync(folder, { recursive: true, force: true }));
}
