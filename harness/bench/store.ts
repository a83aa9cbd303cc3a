import { mkdirSync, rmSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { atSize } from './store/at-size.ts';
import { writes } from './store/writes.ts';

const SIZES = [10_000, 100_000, 1_000_000];

/**
 * The embedded store through the official client: writes against bare writes to a file with fdatasync, in the same run on
 * the same disk; then opening, reading and memory at 10^4, 10^5 and 10^6 events. `--quick` leaves the last size out.
 */
export async function bench(root: string, options: string[]): Promise<void> {
  const folder = join(root, '.kata', `bench-store-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  const load = (loadavg()[0] ?? 0).toFixed(1);
  console.log(
    `Node ${process.version}, ${cpus().length} cores, load ${load} before it began, events of about 300 bytes`,
  );
  try {
    for (const line of await writes(join(folder, 'writes'))) console.log(line);
    const sizes = options.includes('--quick') ? SIZES.slice(0, -1) : SIZES;
    for (const size of sizes) for (const line of await atSize(join(folder, String(size)), size)) console.log(line);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
