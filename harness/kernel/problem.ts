/** Something in the repository that its author must mend. It never stops the rest from loading. */
export interface Problem {
  /** Relative to the repository. */
  file: string;
  /** From 1. */
  line?: number;
  message: string;
  remedy: string;
}

/** `katas/…/kata.json:3: "hints" has 2 items; three are needed. Add a third hint.` */
export function problemLine({ file, line, message, remedy }: Problem): string {
  return `${file}${line === undefined ? '' : `:${line}`}: ${message}. ${remedy}`;
}
