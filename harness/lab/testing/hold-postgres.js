import { register } from 'node:module';

// A command that uses Postgres until it is ended: says where it is and who serves it.

register('../../strip-types.js', import.meta.url);
const { findServer } = await import('../../kit/sql/server.ts');
const { openBackEnd, send } = await import('../../kit/sql/back-end.ts');
const { postgresFolder } = await import('../../kit/sql/place.ts');
const { readLock } = await import('../../kernel/shared-server/owner-lock.ts');

const server = await findServer();
const backEnd = await openBackEnd(server.plain, server.where);
const { rows } = await send(backEnd, 'SELECT pg_postmaster_start_time()::text AS started, current_user AS me');
const { number, owner } = readLock(postgresFolder());
console.log(JSON.stringify({ ...rows[0], where: server.where, number, supervisor: owner.pid }));
setInterval(() => {}, 1000);
