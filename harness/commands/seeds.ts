import { HarnessError } from '../kernel/harness-error.ts';

/** Grading plays seeds that the learner's loop doesn't: it begins at 1. */
export const FIRST_GRADING_SEED = 1001;

/** `--seed N` plays that one; `--seeds N` plays N of grading's own. */
export function gradingSeeds({
  seed,
  seeds = 10,
}: {
  seed?: number | undefined;
  seeds?: number | undefined;
}): number[] {
  if (seed !== undefined) return [seed];
  return Array.from({ length: seeds }, (_, n) => FIRST_GRADING_SEED + n);
}

/** Reads an option that must be a whole number. Throws OPTION_INVALID. */
export function wholeNumber(option: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (text.trim() !== '' && Number.isInteger(number) && number >= least && number <= most) return number;
    throw new HarnessError('OPTION_INVALID', `${option} ${text}: give a whole number from ${least} to ${most}.`);
  };
}
