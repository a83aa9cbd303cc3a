import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll } from 'vitest';

const ROUNDS = 300;

/** A folder for temporary files that is removed after the tests, when the servers that used it have ended. */
export function temporaryFolder(name = 'lab-'): string {
  const folder = mkdtempSync(join(tmpdir(), name));
  // Run by root, the server is somebody else, who has to get through.
  chmodSync(folder, 0o711);
  afterAll(async () => {
    for (let round = 0; round < ROUNDS; round++) {
      try {
        return rmSync(folder, { recursive: true, force: true });
      } catch {
        await sleep(50);
      }
    }
  }, 60_000);
  return folder;
}

/** For tests that kill servers, or need others than everybody's: the lab of this file alone, which doesn't linger. */
export function ownLab(name?: string): void {
  process.env['TMPDIR'] = temporaryFolder(name);
  process.env['KATA_LAB_LINGER_MS'] = '100';
}
