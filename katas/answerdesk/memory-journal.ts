import type { Journal, JournalEntry } from './seams/workflow.ts';

/** A journal for as long as the process lives. Entries are kept as JSON, as a real one would. */
export function memoryJournal(): Journal {
  const runs = new Map<string, string[]>();
  return {
    read: async (runId) => (runs.get(runId) ?? []).map((line) => JSON.parse(line) as JournalEntry),
    append: async (runId, entry) => {
      runs.set(runId, [...(runs.get(runId) ?? []), JSON.stringify(entry)]);
    },
  };
}
