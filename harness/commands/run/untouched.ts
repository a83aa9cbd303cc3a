import { readFileSync } from 'node:fs';

/** Whether the learner's file is still the starter, byte for byte. */
export function isUntouched({ file, starter }: { file: string; starter: string }): boolean {
  try {
    return readFileSync(file).equals(readFileSync(starter));
  } catch {
    return false;
  }
}
