/** What a grader lets an answer take before it stops it. */
export interface Limits {
  /** How long nothing else may happen, in ms: while the answer loads, and while it plays. */
  silentMs: number;
  /** A suite's whole run gets at least this, in ms. By its seeds it may get more. */
  leastBudgetMs: number;
  memoryMb: number;
}

export const USUAL_LIMITS: Limits = {
  // With the tick that discovers it, an endless loop is reported within 5 s.
  silentMs: 4_250,
  leastBudgetMs: 0,
  memoryMb: 768,
};
