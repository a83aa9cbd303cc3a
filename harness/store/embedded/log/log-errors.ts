/** The log is damaged where it had been acknowledged. Nothing was changed; the message names file and offset. */
export class CorruptLog extends Error {
  override name = 'CorruptLog';
  readonly file: string;
  /** In bytes, from the start of the file. */
  readonly offset: number;

  constructor(file: string, offset: number, what: string) {
    super(
      `${file} is damaged at byte ${offset}: ${what}. Nothing was changed. Put a copy of the folder back, or move it ` +
        'away to start anew.',
    );
    this.file = file;
    this.offset = offset;
  }
}

/** The disk took an append in no way: none of it is stored. `code` is the system's (ENOSPC, EROFS, EIO, …). */
export class WriteFailed extends Error {
  override name = 'WriteFailed';
  readonly code: string;

  constructor(file: string, cause: unknown, after = '') {
    const code = (cause as NodeJS.ErrnoException).code ?? 'UNKNOWN';
    super(`${file}: ${reasons[code] ?? (cause as Error).message}; the append was not stored.${after}`, { cause });
    this.code = code;
  }
}

const reasons: Record<string, string> = {
  ENOSPC: 'the disk is full (ENOSPC)',
  EDQUOT: "this user's share of the disk is full (EDQUOT)",
  EROFS: 'the file system is read-only (EROFS)',
  EACCES: 'this user may not write there (EACCES)',
  EPERM: 'this user may not write there (EPERM)',
  EIO: 'the disk reports a fault (EIO)',
};
