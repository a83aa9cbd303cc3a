import { register } from 'node:module';

// The event store for suites, as a process of its own that outlives them: node start-event-store.js FOLDER PORT PREVIOUS.

register('../strip-types.js', import.meta.url);
const { main } = await import('./main.ts');
const { serveEventStore } = await import('./event-store/serve.ts');
await main(serveEventStore);
