import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Group } from '../../catalogue/catalogue.ts';
import type { Assessment, Measures } from '../../grading/verdict.ts';
import { HarnessError } from '../../kernel/harness-error.ts';
import { assess, type Objective } from '../../kit/assess.ts';
import type { RecordedEvent } from '../../kit/events.ts';
import { measuresOf } from '../../kit/measures.ts';
import type { Evidence } from './grading.ts';
import { isUntouched } from './untouched.ts';

/** Histories of replays are left under `.kata/`, which git ignores. */
export function evidenceIn(root: string): Evidence {
  return {
    recorded: recordedDamage,
    recordedMeasures,
    historyFile: (group) => freshHistoryFile(root, `group${group.number}`),
    history: readHistory,
    untouched: isUntouched,
  };
}

/** The damage of the recording. Undefined where it isn't there or can't be read: `list` and `doctor` say so. */
export async function recordedDamage({ folder }: Group): Promise<Assessment | undefined> {
  const [events, objectives] = ['events.jsonl', 'objectives.ts'].map((name) => join(folder, 'incident', name)) as [
    string,
    string,
  ];
  if (!existsSync(events) || !existsSync(objectives)) return undefined;
  try {
    const module = (await import(pathToFileURL(objectives).href)) as { objectives: readonly Objective[] };
    return assess(module.objectives, readHistory(events));
  } catch {
    return undefined;
  }
}

function recordedMeasures({ folder }: Group): Measures | undefined {
  try {
    return measuresOf(readHistory(join(folder, 'incident', 'events.jsonl')));
  } catch {
    return undefined;
  }
}

/** Where a replay leaves its history; what an earlier one left is gone. */
export function freshHistoryFile(root: string, name: string): string {
  const file = join(historyFolder(root), `${name}.jsonl`);
  rmSync(file, { force: true });
  return file;
}

/** Where the repository can't be written to, a run still works: it is only the system's folder for such files. */
function historyFolder(root: string): string {
  const places = [join(root, '.kata', 'history'), join(tmpdir(), `incident-katas-${process.pid}`)];
  for (const place of places) {
    try {
      mkdirSync(place, { recursive: true });
      accessSync(place, constants.W_OK);
      return place;
    } catch {
      // The next place, then.
    }
  }
  const message = `Neither ${places.join(' nor ')} can be written to. Give yourself write access to one of them.`;
  throw new HarnessError('FILE_UNWRITABLE', message);
}

/** None where there is no file. Throws where a line is not JSON, and says which. */
export function readHistory(file: string): RecordedEvent[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line, n) => {
    if (line === '') return [];
    try {
      return [JSON.parse(line) as RecordedEvent];
    } catch (cause) {
      throw new Error(`line ${n + 1} is not JSON`, { cause });
    }
  });
}
