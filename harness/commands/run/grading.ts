import type { Group, Kata } from '../../catalogue/catalogue.ts';
import type { GradeRequest } from '../../grading/request.ts';
import type { Assessment, Measures, Verdict } from '../../grading/verdict.ts';
import type { RecordedEvent } from '../../kit/events.ts';

/** What a run needs of the grading engine. */
export interface Grading {
  grade(requests: GradeRequest[], onVerdict?: (verdict: Verdict) => void): Promise<Verdict[]>;
}

/** What a run reads beside its verdicts; the tests of the loop hand in their own. */
export interface Evidence {
  /** The damage as it was recorded; undefined where the recording can't be read. */
  recorded(group: Group): Promise<Assessment | undefined>;
  /** The measures as they were recorded; undefined where the recording holds none. */
  recordedMeasures(group: Group): Measures | undefined;
  /** Where a replay leaves its history. */
  historyFile(group: Group): string;
  /** The events that a replay left there; none where it left nothing. */
  history(file: string): RecordedEvent[];
  /** Whether the learner's file is still the starter. */
  untouched(kata: Kata): boolean;
}
