export type { SqlFailure, SqlPort, SqlResult, SqlSession, TransactionOptions } from '#kit/sql/port.ts';
