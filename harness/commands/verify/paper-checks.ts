import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Group, Kata } from '../../catalogue/catalogue.ts';
import type { Selection } from '../../catalogue/select.ts';
import { parseEvents } from '../../incident/parse-events.ts';
import { strangeEvent, type Vocabulary } from '../../incident/vocabulary.ts';
import type { Problem } from '../../kernel/problem.ts';
import type { AuthoredAnswer } from './answers.ts';

const MOST_RECORDING_BYTES = 250 * 1024;
const FEWEST_WRONG = 4;
const ONE_SCREEN = 80;

/** What can be said of a kata without running it: files, sizes, fixtures, how many answers it comes with. */
export function checkKataFiles(root: string, kata: Kata, answers: readonly AuthoredAnswer[]): Problem[] {
  const problems: Problem[] = [];
  const say = (path: string, message: string, remedy: string) =>
    problems.push({ file: relative(root, path), message, remedy });
  const { suite, file, solution, starter, solutionFolder } = kata;
  for (const path of [suite, file, starter, solution, join(solutionFolder, 'notes.md')]) {
    if (!existsSync(path)) say(path, 'is missing', 'Every kata has one.');
  }
  const wrong = answers.filter(({ role }) => role === 'wrong');
  if (wrong.length < FEWEST_WRONG) {
    say(join(solutionFolder, 'wrong'), `holds ${wrong.length} wrong answers`, `At least ${FEWEST_WRONG} are needed.`);
  }
  if (!answers.some(({ role }) => role === 'alsoRight')) {
    say(join(solutionFolder, 'also-right'), 'holds no answer', 'At least one other right answer is needed.');
  }
  for (const { file, subject } of wrong) {
    if (file.includes('#') || readFileSync(subject, 'utf8').startsWith('//')) continue;
    say(subject, 'does not begin with a comment', 'Its first line says which mistake it makes.');
  }
  return [...problems, ...checkRecording(root, kata.recordingFile)];
}

/** The recording of a group or a kata: there, of a sensible size, each line an event. */
export function checkRecording(root: string, path: string): Problem[] {
  const file = relative(root, path);
  if (!existsSync(path)) return [{ file, message: 'is missing', remedy: "'kata record' makes it." }];
  const { size } = statSync(path);
  const { problems } = parseEvents(file, readFileSync(path, 'utf8'));
  if (size <= MOST_RECORDING_BYTES || file.endsWith('events.jsonl')) return problems;
  const message = `has ${Math.ceil(size / 1024)} KB`;
  return [
    ...problems,
    { file, message, remedy: `At most ${MOST_RECORDING_BYTES / 1024} KB: a shorter scene will do.` },
  ];
}

export function checkGroupFiles(root: string, group: Group): Problem[] {
  const recording = checkRecording(root, join(group.folder, 'incident', 'events.jsonl'));
  if (group.gate !== undefined) return recording;
  const file = relative(root, join(group.folder, 'gate.test.ts'));
  return [...recording, { file, message: 'is missing', remedy: 'Every group has a gate.' }];
}

/** Events in the recordings that Answerdesk's vocabulary doesn't know. */
export async function checkVocabulary(
  root: string,
  { groups, katas }: Pick<Selection, 'groups' | 'katas'>,
): Promise<Problem[]> {
  const path = join(root, 'katas', 'answerdesk', 'events.ts');
  if (!existsSync(path)) return [];
  const { vocabulary } = (await import(pathToFileURL(path).href)) as { vocabulary: Vocabulary };
  const recordings = [
    ...groups.map(({ folder }) => join(folder, 'incident', 'events.jsonl')),
    ...katas.map(({ recordingFile }) => recordingFile),
  ];
  return recordings.filter(existsSync).flatMap((recording) => {
    const file = relative(root, recording);
    return strangeEvent(file, parseEvents(file, readFileSync(recording, 'utf8')).events, vocabulary);
  });
}

/** A page that doesn't fit one screen is no fault, but worth a word. */
export function longPages(root: string, katas: readonly Kata[]): string[] {
  return katas.flatMap(({ folder }) => {
    const path = join(folder, 'README.md');
    const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').length : 0;
    return lines > ONE_SCREEN ? [`${relative(root, path)} has ${lines} lines; a kata's page is one screen.`] : [];
  });
}
