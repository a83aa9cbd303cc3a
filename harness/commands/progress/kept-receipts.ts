import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Witness } from '../../progress/chain.ts';
import { parseReceipt, type Receipt, receiptText } from '../../progress/receipt.ts';
import { kataFolder } from './learning.ts';

/** The last receipt of each store, beside the store and not in it: a store that was set back or cut off shows. */
const fileIn = (root: string) => join(kataFolder(root), 'receipts.json');

export function keptReceipt(root: string, place: string, learner: string): Witness[] {
  const receipt = parseReceipt(readAll(root)[place] ?? '');
  if (receipt?.learner !== learner) return [];
  return [{ n: receipt.n, hash: receipt.hash, from: 'the receipt of the last report (.kata/receipts.json)' }];
}

/** A receipt is a second look, no more: where it can't be kept, the report is as good without it. */
export function keepReceipt(root: string, place: string, receipt: Receipt): void {
  try {
    mkdirSync(dirname(fileIn(root)), { recursive: true });
    writeFileSync(fileIn(root), `${JSON.stringify({ ...readAll(root), [place]: receiptText(receipt) }, null, 2)}\n`);
  } catch {
    // The learner has the receipt on the report itself.
  }
}

function readAll(root: string): Record<string, string> {
  try {
    return JSON.parse(readFileSync(fileIn(root), 'utf8')) as Record<string, string>;
  } catch {
    return {};
  }
}
