import { register } from 'node:module';

// The embedded server as a process of its own: node start-server.js FOLDER [PORT].

register('../strip-types.js', import.meta.url);
await import('./embedded/main.ts');
