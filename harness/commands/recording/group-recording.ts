import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Group, Kata } from '../../catalogue/catalogue.ts';
import type { GradeRequest } from '../../grading/request.ts';
import { parseEvents } from '../../incident/parse-events.ts';
import { HarnessError } from '../../kernel/harness-error.ts';
import { type RecordedEvent, toJsonLines } from '../../kit/events.ts';

/** One file of a recording: who asked for it, what it is made of. */
interface Part {
  request: GradeRequest;
  /** Where the suite leaves its history. */
  history: string;
  /** The files made from that history. */
  files: { file: string; keep: (event: RecordedEvent) => boolean }[];
}

export interface RecordingPlan {
  /** To be graded; what the verdicts say doesn't matter, the starters are red. */
  requests: GradeRequest[];
  /** After that: the text of each file, by absolute path. Throws RECORDING_FAILED. */
  texts(): Map<string, string>;
}

/**
 * How a group's recordings are made: its gate on the starters gives events.jsonl and, by the script's `slices`, the
 * incident.jsonl of katas; a kata without a slice records its own, from its suite on its starter.
 */
export async function planRecording(group: Group, katas: readonly Kata[], folder: string): Promise<RecordingPlan> {
  const slices = await slicesOf(group);
  const sliced = katas.filter(({ id }) => slices[id] !== undefined);
  const parts: Part[] = katas.filter((kata) => !sliced.includes(kata)).map((kata) => ownRecording(kata, folder));
  if (group.gate !== undefined) {
    const history = join(folder, `${group.slug}.jsonl`);
    const files = [
      { file: join(group.folder, 'incident', 'events.jsonl'), keep: () => true },
      ...sliced.map(({ id, recordingFile }) => ({ file: recordingFile, keep: slices[id] ?? (() => true) })),
    ];
    parts.push({
      request: { gate: group, subject: ({ starter }) => starter, ...incidentOnly(history) },
      history,
      files,
    });
  }
  return { requests: parts.map(({ request }) => request), texts: () => new Map(parts.flatMap(textsOf)) };
}

function ownRecording(kata: Kata, folder: string): Part {
  const history = join(folder, `${kata.slug}.jsonl`);
  const request: GradeRequest = { kata, subject: kata.starter, ...incidentOnly(history) };
  return { request, history, files: [{ file: kata.recordingFile, keep: () => true }] };
}

const incidentOnly = (historyFile: string) => ({ seeds: [], only: ['incident'], historyFile });

function textsOf({ history, files, request }: Part): [string, string][] {
  let text: string;
  try {
    text = readFileSync(history, 'utf8');
  } catch (cause) {
    const what = 'kata' in request ? `${request.kata.id}'s suite` : `${request.gate.slug}/gate.test.ts`;
    throw new HarnessError('RECORDING_FAILED', `${what} left no history on the starter; run it and see why.`, {
      cause,
    });
  }
  const { events, problems } = parseEvents(history, text);
  const [problem] = problems;
  if (problem) {
    const what = 'kata' in request ? request.kata.id : request.gate.slug;
    throw new HarnessError('RECORDING_FAILED', `${what}, event ${events.length + 1}: ${problem.message}.`);
  }
  return files.map(({ file, keep }) => [file, toJsonLines(events.filter(keep))]);
}

type Slices = Record<string, (event: RecordedEvent) => boolean>;

async function slicesOf({ folder }: Group): Promise<Slices> {
  const script = join(folder, 'incident', 'script.ts');
  try {
    const { slices = {} } = (await import(pathToFileURL(script).href)) as { slices?: Slices };
    return slices;
  } catch (cause) {
    throw new HarnessError('RECORDING_FAILED', `${script} can't be loaded: ${(cause as Error).message}`, { cause });
  }
}
