import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Group } from '../../catalogue/catalogue.ts';
import type { Assessment } from '../../grading/verdict.ts';
import type { RecordedEvent } from '../../kit/events.ts';
import type { Evidence } from './grading.ts';
import { isUntouched } from './untouched.ts';

/** Histories of replays are left under `.kata/`, which git ignores. */
export function evidenceIn(root: string, recorded: (group: Group) => Promise<Assessment | undefined>): Evidence {
  return {
    recorded,
    historyFile: (group) => freshHistoryFile(root, `group${group.number}`),
    history: readHistory,
    untouched: isUntouched,
  };
}

/** Where a replay leaves its history; what an earlier one left is gone. */
export function freshHistoryFile(root: string, name: string): string {
  const folder = join(root, '.kata', 'history');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.jsonl`);
  rmSync(file, { force: true });
  return file;
}

/** None where nothing was left. */
export function readHistory(file: string): RecordedEvent[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as RecordedEvent);
}
