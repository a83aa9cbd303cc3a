/** Every way in which a command refuses, with its exit code. docs/errors.md explains each. */
export const EXIT_CODES = {
  NODE_TOO_OLD: 2,
  NOT_INSTALLED: 2,
  GROUP_UNKNOWN: 2,
  KATA_UNKNOWN: 2,
  ANSWER_MISSING: 2,
  OPTION_INVALID: 2,
  FILE_UNREADABLE: 2,
  FILE_UNWRITABLE: 2,
  RECORDING_FAILED: 2,
  SPOILER_REFUSED: 2,
  STORE_UNAVAILABLE: 2,
  KEY_MISSING: 2,
  PROVIDER_FAILED: 2,
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

/** A file that may not be read or written is the user's to mend, wherever it was met; anything else stays as it is. */
export function asRefusal(error: unknown): unknown {
  const { code, path, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  if (path === undefined || !['EACCES', 'EPERM', 'EROFS', 'ENOSPC'].includes(code ?? '')) return error;
  return new HarnessError('FILE_UNWRITABLE', `${path}: ${code} on ${syscall}; give this user access to it.`, {
    cause: error,
  });
}
