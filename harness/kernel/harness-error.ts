/** Every way in which a command refuses, with its exit code. docs/errors.md explains each. */
export const EXIT_CODES = {
  NODE_TOO_OLD: 2,
  ROOT_MISSING: 2,
  GROUP_UNKNOWN: 2,
  KATA_UNKNOWN: 2,
  KATA_INCOMPLETE: 2,
  ANSWER_MISSING: 2,
  OPTION_INVALID: 2,
  FILE_UNREADABLE: 2,
  FILE_UNWRITABLE: 2,
  RECORDING_FAILED: 2,
  SPOILER_REFUSED: 2,
  INTERRUPTED: 130,
} as const;

export type ErrorCode = keyof typeof EXIT_CODES;

/** A refusal that the user can mend: the message names the file and the remedy. A failed kata is never one of these. */
export class HarnessError extends Error {
  override name = 'HarnessError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  get exitCode(): number {
    return EXIT_CODES[this.code];
  }
}
