// cockatiel's full-jitter generator, which draws from Math.random and keeps no state that retries could share.
import { fullJitterGenerator } from 'cockatiel';
import type { CreateBackoff } from '#answerdesk/seams/backoff.ts';

export const createBackoff: CreateBackoff = (_ports, { baseMs, capMs }) => {
  const options = { initialDelay: baseMs, maxDelay: capMs, exponent: 2, generator: fullJitterGenerator };

  return async ({ retry, floorMs = 0, deadline = Infinity, signal }) => {
    const [drawn] = fullJitterGenerator(retry, options);
    const until = Date.now() + floorMs + drawn;
    signal?.throwIfAborted();
    if (until > deadline) return false;
    let timer: NodeJS.Timeout | undefined;
    let leave = () => {};
    const over = new Promise<true>((resolve) => {
      timer = setTimeout(() => resolve(true), until - Date.now());
    });
    const left = new Promise<never>((_, reject) => {
      leave = () => reject(signal?.reason);
      signal?.addEventListener('abort', leave);
    });
    return Promise.race([over, left]).finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', leave);
    });
  };
};
