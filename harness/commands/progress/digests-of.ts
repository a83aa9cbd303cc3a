import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Group, Kata } from '../../catalogue/catalogue.ts';
import { groupFiles, readDigests } from '../../catalogue/digests.ts';
import type { KataDigests } from '../../progress/learning-events.ts';

/** What results depend on, read when asked and remembered as long as the files stay as they are. */
export class FileDigests {
  readonly #root: string;
  readonly #committed: Readonly<Record<string, string>>;
  readonly #known = new Map<string, { stamp: string; digest: string }>();

  constructor(root: string) {
    this.#root = root;
    this.#committed = readDigests(root) ?? {};
  }

  /** The first 128 bits of a file's sha256 in hex; empty where it can't be read. */
  short(file: string): string {
    return this.#whole(file).slice(0, 32);
  }

  ofKata({ folder, suite, recordingFile }: Kata): Omit<KataDigests, 'answer'> {
    return {
      kata: this.short(join(folder, 'kata.json')),
      suite: this.short(suite),
      fixture: this.short(recordingFile),
    };
  }

  /** Of a gate and its incident's files together; null where there is no gate. */
  ofGate(group: Group): string | null {
    if (group.gate === undefined) return null;
    const digests = groupFiles(group).map((file) => `${relative(group.folder, file)} ${this.#whole(file)}\n`);
    return createHash('sha256').update(digests.join('')).digest('hex').slice(0, 32);
  }

  /** Whether a result on this kata counts: its suite, recording and starter are as committed. */
  kataCounts({ suite, recordingFile, starter }: Kata): boolean {
    return [suite, recordingFile, starter].every((file) => this.#asCommitted(file));
  }

  gateCounts(group: Group): boolean {
    return groupFiles(group).every((file) => this.#asCommitted(file));
  }

  #asCommitted(file: string): boolean {
    const committed = this.#committed[relative(this.#root, file)];
    return committed === undefined || committed === this.#whole(file);
  }

  #whole(file: string): string {
    const stamp = stampOf(file);
    const known = this.#known.get(file);
    if (known?.stamp === stamp) return known.digest;
    const digest = stamp === '' ? '' : digestOf(file);
    this.#known.set(file, { stamp, digest });
    return digest;
  }
}

function stampOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false, bigint: true });
  return stat?.isFile() ? `${stat.mtimeNs} ${stat.size} ${stat.ino}` : '';
}

function digestOf(file: string): string {
  // As in digests.json: a checkout with CRLF is not an edit.
  return createHash('sha256').update(readFileSync(file, 'utf8').replaceAll('\r\n', '\n')).digest('hex');
}
