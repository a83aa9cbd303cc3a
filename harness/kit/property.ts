import { createRequire } from 'node:module';

/** fast-check, loaded as CommonJS: its hundreds of ES modules take a worker a second, and this a tenth of it. */
export const fc = createRequire(import.meta.url)('fast-check') as typeof import('fast-check');
