import { parentPort } from 'node:worker_threads';

/** Loaded first in each worker, before virtual time: while the event loop turns, the watchdog hears of it. */
const beat = () => parentPort?.postMessage({ kataHeartbeat: true });
beat();
setInterval(beat, 200).unref();
