import { parentPort } from 'node:worker_threads';

/** Loaded first in each worker, before virtual time: while the event loop turns, the watchdog hears of it. */
setInterval(() => parentPort?.postMessage({ kataHeartbeat: true }), 200).unref();
