import { register } from 'node:module';

// Postgres for suites, as a process of its own that outlives them: node start-postgres.js FOLDER PORT PREVIOUS.

register('../strip-types.js', import.meta.url);
const { main } = await import('./main.ts');
const { servePostgres } = await import('./postgres/serve.ts');
await main(servePostgres);
