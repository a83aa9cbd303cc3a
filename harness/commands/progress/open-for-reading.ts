import { HarnessError } from '../../kernel/harness-error.ts';
import { isKept, type Learning, openLearning, reasonOf } from './learning.ts';

/** For commands that are nothing without the store. Throws STORE_UNAVAILABLE. */
export async function openForReading(root: string, env: NodeJS.ProcessEnv = process.env): Promise<Learning> {
  if (!isKept(env)) throw new HarnessError('STORE_UNAVAILABLE', 'Progress is not kept: KATA_PROGRESS is off.');
  try {
    return await openLearning(root, env);
  } catch (cause) {
    throw new HarnessError('STORE_UNAVAILABLE', `${reasonOf(cause)}.`, { cause });
  }
}
