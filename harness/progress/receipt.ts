import type { ChainHead } from './learning-events.ts';

/** A head of a learner's chain as text, to be kept elsewhere: `kata-receipt.<learner>.<n>.<hash>`. */
export interface Receipt extends ChainHead {
  learner: string;
}

const SHAPE = /^kata-receipt\.([\w-]{1,64})\.(\d{1,12})\.([\w-]{43})$/;

export function receiptText({ learner, n, hash }: Receipt): string {
  return `kata-receipt.${learner}.${n}.${hash}`;
}

/** Undefined where the text is no receipt. Spaces and line ends around and within it don't matter: mails break lines. */
export function parseReceipt(text: string): Receipt | undefined {
  const [, learner, n, hash] = SHAPE.exec(text.replace(/\s+/g, '')) ?? [];
  if (learner === undefined || hash === undefined) return undefined;
  return { learner, n: Number(n), hash };
}
