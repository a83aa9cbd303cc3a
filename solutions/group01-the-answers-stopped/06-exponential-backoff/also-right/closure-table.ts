// Closures and setTimeout: the limits worked out once in a table, a spread of at most the base above Retry-After.
import type { CreateBackoff } from '#answerdesk/seams/backoff.ts';

export const createBackoff: CreateBackoff = ({ random }, { baseMs, capMs }) => {
  const limits = [baseMs];
  for (let next = baseMs * 2; next < capMs; next *= 2) limits.push(next);
  limits.push(capMs);

  return ({ retry, floorMs, deadline, signal }) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const limit = limits[retry] ?? capMs;
      const due =
        Date.now() + (floorMs === undefined ? limit * random() : floorMs + Math.min(limit, baseMs) * random());
      if (deadline !== undefined && due > deadline) return resolve(false);

      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', leave);
        resolve(true);
      }, due - Date.now());
      const leave = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', leave, { once: true });
    });
};
